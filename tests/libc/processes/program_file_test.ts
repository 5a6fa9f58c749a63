import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ImpError } from "../../../src/base/errors.ts";
import {
  absolute,
  candidates,
  execError,
  findProgram,
  isShellScript,
  looksLikeScript,
} from "../../../src/libc/processes/program_file.ts";
import { errnoNumber } from "../../../src/libc/calling/errno.ts";

/** A directory with files of the given content and mode; a name that ends in a slash is a directory. */
function withFiles(
  files: Record<string, [content: string, mode: number]>,
  body: (at: string) => void,
) {
  const at = Deno.makeTempDirSync({ prefix: "imp-program-" });
  try {
    for (const [name, [content, mode]] of Object.entries(files)) {
      if (name.endsWith("/")) Deno.mkdirSync(`${at}/${name}`, { recursive: true });
      else Deno.writeTextFileSync(`${at}/${name}`, content);
      Deno.chmodSync(`${at}/${name}`, mode);
    }
    body(at);
  } finally {
    Deno.removeSync(at, { recursive: true });
  }
}

const SCRIPT: [string, number] = ["#!/bin/sh\n", 0o755];
const PLAIN: [string, number] = ["no program\n", 0o644];

const failure = (body: () => unknown) => assertThrows(body, ImpError) as ImpError;

Deno.test("a path from the root: relative ones start at the directory", () => {
  const table: [path: string, directory: string, whole: string][] = [
    ["/bin/sh", "/home", "/bin/sh"],
    ["sh", "/home", "/home/sh"],
    ["sh", "/", "/sh"],
    ["./sh", "/home", "/home/sh"],
    ["././sh", "/", "/sh"],
    ["../sh", "/home/x", "/home/x/../sh"],
    [".", "/home", "/home/."],
    [".hidden", "/home", "/home/.hidden"],
    ["bin/sh", "/home", "/home/bin/sh"],
  ];
  for (const [path, directory, whole] of table) assertEquals(absolute(path, directory), whole);
});

Deno.test("candidates: a name with a slash is one file, any other is looked for in PATH", () => {
  const env = ["A=1", "PATH=/bin:/usr/local/bin", "B=2"];
  assertEquals(candidates("/sbin/x", env, "/home"), ["/sbin/x"]);
  assertEquals(candidates("./x", env, "/home"), ["/home/x"]);
  assertEquals(candidates("a/x", env, "/home"), ["/home/a/x"]);
  assertEquals(candidates("x", env, "/home"), ["/bin/x", "/usr/local/bin/x"]);
});

Deno.test("candidates: without PATH those of execvp; empty and relative parts start at the directory", () => {
  assertEquals(candidates("x", ["PATHS=/a"], "/home"), ["/bin/x", "/usr/bin/x"]);
  assertEquals(candidates("x", ["PATH="], "/home"), ["/home/./x"]);
  assertEquals(candidates("x", ["PATH=:/bin:"], "/home"), ["/home/./x", "/bin/x", "/home/./x"]);
  assertEquals(candidates("x", ["PATH=bin"], "/home"), ["/home/bin/x"]);
  const bytes = new TextEncoder().encode("PATH=/opt");
  assertEquals(candidates("x", [bytes], "/home"), ["/opt/x"]);
});

Deno.test("finding: the first that may be executed, past files that may not and directories", () => {
  withFiles(
    { "a/": ["", 0o755], "b/": ["", 0o755], "c/": ["", 0o755], "d/": ["", 0o755] },
    (at) => {
      Deno.writeTextFileSync(`${at}/b/x`, "");
      Deno.mkdirSync(`${at}/c/x`);
      Deno.writeTextFileSync(`${at}/d/x`, SCRIPT[0]);
      Deno.chmodSync(`${at}/d/x`, 0o755);
      const env = [`PATH=${at}/a:${at}/b:${at}/c:${at}/d`];
      assertEquals(findProgram("x", env, "/"), `${at}/d/x`);
      assertEquals(findProgram(`${at}/d/x`, [], "/"), `${at}/d/x`);
      assertEquals(findProgram("./x", [], `${at}/d`), `${at}/d/x`);
    },
  );
});

Deno.test("finding: one that may not be executed takes precedence over one that is missing", () => {
  withFiles({ x: PLAIN, "y/": ["", 0o755] }, (at) => {
    const env = [`PATH=/nonexistent:${at}`];
    const forbidden = failure(() => findProgram("x", env, "/"));
    assertEquals([forbidden.exit, forbidden.errno], [126, "EACCES"]);
    assertMatch(forbidden.hint ?? "", /execute permission/);
    const directory = failure(() => findProgram(`${at}/y`, env, "/"));
    assertEquals([directory.exit, directory.message], [
      126,
      `cannot execute ${at}/y: EACCES (it is a directory)`,
    ]);
  });
});

Deno.test("finding: what does not exist, by name and by path", () => {
  withFiles({ x: PLAIN }, (at) => {
    const name = failure(() => findProgram("x-not-there", [`PATH=${at}`], "/"));
    assertEquals([name.exit, name.message, name.hint], [
      127,
      "cannot find x-not-there: ENOENT (no such program in PATH)",
      `PATH is ${at}`,
    ]);
    const none = failure(() => findProgram("x-not-there", [], "/"));
    assertEquals(none.hint, "PATH is not set; searched /bin:/usr/bin");
    const path = failure(() => findProgram(`${at}/not-there`, [], "/"));
    assertEquals([path.exit, path.message], [
      127,
      `cannot execute ${at}/not-there: ENOENT (no such file)`,
    ]);
    const through = failure(() => findProgram(`${at}/x/y`, [], "/"));
    assertEquals([through.exit, through.errno], [127, "ENOTDIR"]);
  });
});

Deno.test("why exec failed: a script with the line ends of Windows", () => {
  const files = { plain: "#!/bin/sh\r\n", spaced: "#! /bin/sh\r" };
  const table = Object.entries(files).map(([name, text]) => [name, [text, 0o755]] as const);
  withFiles(Object.fromEntries(table) as Record<string, [string, number]>, (at) => {
    for (const name of Object.keys(files)) {
      const { message, hint, exit } = execError(`${at}/${name}`, errnoNumber("ENOENT")!);
      const why = "the name of its interpreter, /bin/sh, ends in a carriage return";
      assertEquals([message, exit], [`cannot execute ${at}/${name}: ENOENT (${why})`, 126]);
      assertMatch(hint ?? "", /tr -d/);
    }
  });
});

Deno.test("why exec failed: a missing interpreter is not a missing program", () => {
  withFiles(
    { script: ["#! /no/such/interpreter -x\n", 0o755], binary: ["\x7fELF", 0o755] },
    (at) => {
      const ENOENT = errnoNumber("ENOENT");
      const script = execError(`${at}/script`, ENOENT);
      assertEquals([script.exit, script.message], [
        126,
        `cannot execute ${at}/script: ENOENT (its interpreter /no/such/interpreter does not exist)`,
      ]);
      const binary = execError(`${at}/binary`, ENOENT);
      assertEquals(binary.exit, 126);
      assertMatch(binary.message, /dynamic loader/);
      const missing = execError(`${at}/gone`, ENOENT);
      assertEquals([missing.exit, missing.errno], [127, "ENOENT"]);
    },
  );
});

Deno.test("why exec failed: each has its exit status, and a hint where one helps", () => {
  for (
    const [name, hint] of [["ENOEXEC", /script/], ["E2BIG", /ARG_MAX/], ["EACCES", /permission/]]
  ) {
    const error = execError("/x", errnoNumber(String(name)));
    assertEquals([error.exit, error.errno], [126, name]);
    assertMatch(error.hint ?? "", hint as RegExp);
  }
  assertEquals(execError("/x", errnoNumber("ETXTBSY")).exit, 126);
});

Deno.test("a shell script is text, whatever comes after its first line, or nothing", () => {
  withFiles({
    script: ["echo hello\n", 0o755],
    archive: ["exec tar x <<E\n\0\0\0", 0o755],
    short: ["x", 0o755],
    empty: ["", 0o755],
    binary: ["\x7fELF\0\0\n", 0o755],
    oneLine: ["echo\0", 0o755],
  }, (at) => {
    const is = ["script", "archive", "short", "empty", "binary", "oneLine", "missing"].map((name) =>
      isShellScript(`${at}/${name}`)
    );
    assertEquals(is, [true, true, true, true, false, false, false]);
  });
});

Deno.test("a FIFO in the place of a program is not waited for, and is not a script", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/fifo`;
    await new Deno.Command("mkfifo", { args: ["-m", "755", path] }).output();
    assertEquals(isShellScript(path), false);
    assertEquals(execError(path, 2).errno, "ENOENT");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("what only a shell has is recognised, and no program's name is", () => {
  for (const word of ["exit", "cd /tmp", ". ./env", "a | b", "a; b", "export A=1"]) {
    assertEquals(looksLikeScript(word), true, word);
  }
  for (const word of ["exiftool", "gzip -9", "set-up", "./cd", "A=1", "..", "readlink"]) {
    assertEquals(looksLikeScript(word), false, word);
  }
});
