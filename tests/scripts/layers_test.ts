import { assertEquals } from "@std/assert";
import { checkLayers } from "../../scripts/check_layers.ts";
import { checkUse } from "../../scripts/lib/exported_names.ts";

function problems(path: string, text: string): string[] {
  return checkLayers([{ path, text }]).map(({ line, message }) => `${line}: ${message}`);
}

Deno.test("imports that point down are fine", () => {
  assertEquals(problems("src/libc/a.ts", 'import { x } from "../runtime/mod.ts";\n'), []);
  assertEquals(problems("src/daemon/a.ts", 'export * from "../procfs/stat.ts";\n'), []);
  assertEquals(problems("src/commands/a.ts", 'const m = await import("../daemon/a.ts");\n'), []);
  assertEquals(problems("main.ts", 'import { run } from "./src/cli/run.ts";\n'), []);
  assertEquals(problems("src/cli/a.ts", 'import { b } from "./b.ts";\n'), []);
});

Deno.test("an import that points up is named with its line", () => {
  const text = '// first line\nimport {\n  run,\n} from "../cli/run.ts";\n';
  assertEquals(problems("src/daemon/a.ts", text), [
    "4: imports src/cli/run.ts: daemon may not use cli",
  ]);
});

Deno.test("what programs load with the library uses no package", () => {
  const text = 'import { basename } from "@std/path/basename";';
  for (const path of ["src/termination/a.ts", "src/libc/a.ts", "src/multiprocessing/a.ts"]) {
    assertEquals(problems(path, text), [
      "1: imports @std/path/basename: a program that uses the library from source has no packages of imp's",
    ]);
  }
  assertEquals(problems("src/daemon/a.ts", text), []);
});

Deno.test("lazy and type imports count", () => {
  assertEquals(problems("src/libc/a.ts", 'await import("../procfs/stat.ts");').length, 1);
  assertEquals(problems("src/libc/a.ts", 'type A = import("../procfs/stat.ts").A;').length, 1);
  assertEquals(problems("src/libc/a.ts", 'import "../procfs/stat.ts";').length, 1);
});

Deno.test("a capability uses another only where the table says so", () => {
  assertEquals(
    problems("src/compare/a.ts", 'import "../inspect/a.ts";\nimport "../daemon/a.ts";'),
    [],
  );
  assertEquals(problems("src/inspect/a.ts", 'import "../compare/a.ts";'), [
    "1: imports src/compare/a.ts: inspect may not use compare",
  ]);
});

Deno.test("a circle of imports is named once, also one of types within a folder", () => {
  const files = [
    { path: "src/init/a.ts", text: 'import type { B } from "./b.ts";\n' },
    { path: "src/init/b.ts", text: '\nimport { c } from "./c.ts";\n' },
    { path: "src/init/c.ts", text: 'import { a } from "./a.ts";\n' },
    { path: "src/init/d.ts", text: 'import { a } from "./a.ts";\nimport "./b.ts";\n' },
  ];
  assertEquals(checkLayers(files), [{
    path: "src/init/c.ts",
    line: 1,
    message: "closes a circle: src/init/a.ts -> src/init/b.ts -> src/init/c.ts -> src/init/a.ts",
  }]);
});

Deno.test("what is exported is used in another file, a test at least; types are not asked", () => {
  const text = "// b\nexport function a() {}\nexport const b = a;\nexport type C = 1;\n";
  const files = [{ path: "src/init/a.ts", text }];
  const test = { path: "tests/init/a_test.ts", text: "// b\na();\n" };
  assertEquals(checkUse(files, [test]), [
    { path: "src/init/a.ts", line: 3, message: "exports b, which nobody else uses" },
  ]);
});

Deno.test("nothing imports main.ts", () => {
  assertEquals(problems("src/commands/a.ts", 'import "../../main.ts";').length, 1);
});

Deno.test("modules of the runtimes stay in src/runtime", () => {
  assertEquals(problems("src/runtime/a.ts", 'import "node:fs";\nDeno.exit(0);'), []);
  assertEquals(problems("src/libc/a.ts", 'import "node:fs";').length, 1);
  assertEquals(problems("src/libc/a.ts", 'import "bun:ffi";').length, 1);
  assertEquals(problems("src/libc/a.ts", 'import "npm:left-pad";').length, 1);
});

Deno.test("Deno and Bun are seen in code, not in comments and strings", () => {
  const text = [
    "// Deno.args in a comment",
    'const a = "Deno.args in a string";',
    "const b = /Deno.args in a pattern/;",
    "const c = `Deno.args in a template`;",
    "const d = object.Deno.args;",
    "const e = `${Deno.args} in code`;",
    "const f = globalThis.Bun.argv;",
  ].join("\n");
  assertEquals(problems("src/libc/a.ts", text), [
    "6: uses Deno: only src/runtime may",
    "7: uses Bun: only src/runtime may",
  ]);
});

Deno.test("a commented import is none", () => {
  assertEquals(problems("src/base/a.ts", '/* import "../cli/run.ts"; */\n'), []);
});

Deno.test("a file has at most 300 lines", () => {
  assertEquals(problems("src/base/a.ts", "x;\n".repeat(300)), []);
  assertEquals(problems("src/base/a.ts", "x;\n".repeat(301)), [
    "301: has 301 lines, more than 300",
  ]);
});

Deno.test("numbers with a name in the headers stand with the ABI", () => {
  const text =
    "const SIGKILL = 9, PAUSE = 3;\nfunction f() {\n  const EINTR = 4;\n}\n// const EIO = 5;\n";
  assertEquals(problems("src/pool/a.ts", text), [
    "1: defines SIGKILL: import it from src/libc/abi.ts",
    "3: defines EINTR: import it from src/libc/abi.ts",
  ]);
  assertEquals(problems("src/libc/abi.ts", text), []);
  assertEquals(problems("src/pool/a.ts", "const SIGNALS = 3, ERROR = 4, O = 5;"), []);
});

Deno.test("a constant of the ABI is not defined again, nor its number passed bare", () => {
  const files = [
    { path: "src/libc/abi_files.ts", text: "export const PIPE_BUF = 4096;\n" },
    {
      path: "src/pool/a.ts",
      text: "const PIPE_BUF = 4096;\nsendSignal(-pid, 9);\nsendSignal(pid, 0);\n",
    },
    { path: "src/pool/b.ts", text: "c.lseek(fd, 0, 2);\nc.lseek(fd, 0, SEEK_END);\n" },
  ];
  assertEquals(checkLayers(files).map(({ path, line, message }) => `${path}:${line}: ${message}`), [
    "src/pool/a.ts:1: defines PIPE_BUF, as src/libc/abi_files.ts does",
    "src/pool/a.ts:2: sendSignal(-pid, 9): name the number, from src/libc/abi.ts",
    "src/pool/b.ts:1: c.lseek(fd, 0, 2): name the number, from src/libc/abi.ts".replace("c.", ""),
  ]);
});

Deno.test("an exported name means one thing", () => {
  const files = [
    { path: "src/pool/a.ts", text: "export interface Job {}\nexport function Job(): void {}" },
    { path: "src/pool/b.ts", text: "interface Job {}\nexport const job = 1;" },
    { path: "src/with/c.ts", text: "// export class job {}\nexport abstract class Job {}" },
  ];
  assertEquals(checkLayers(files), [{
    path: "src/with/c.ts",
    line: 2,
    message: "exports Job, as src/pool/a.ts does: give one of them another name",
  }]);
});

Deno.test("src/libc has floors of its own", () => {
  assertEquals(problems("src/libc/processes/a.ts", 'import "../descriptors/b.ts";'), []);
  assertEquals(problems("src/libc/descriptors/a.ts", 'import "../abi.ts";'), []);
  assertEquals(problems("src/libc/descriptors/a.ts", 'import "../users/b.ts";'), [
    "1: imports src/libc/users/b.ts: it lies above, in src/libc",
  ]);
});
