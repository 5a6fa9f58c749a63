import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, e2eOfBinary, type RunResult, type Sandbox } from "./harness.ts";

/** Runs a program of one file. */
async function program(box: Sandbox, text: string, ...words: string[]): Promise<RunResult> {
  Deno.writeTextFileSync(box.path("program.ts"), text);
  return await box.imp(["run", "program.ts", ...words]);
}

e2e("run: main gets the words as they are, and sees itself as the program", async (box) => {
  const words = ["two words", "", "-x", "--help", "--", "größe"];
  const { code, stdout, stderr } = await program(
    box,
    `import process from "node:process";
     export function main(...words: string[]): void {
       console.log(JSON.stringify([words, process.argv.slice(1), import.meta.url]));
     }`,
    ...words,
  );
  const path = box.path("program.ts");
  assertEquals([code, stderr], [0, ""]);
  assertEquals(JSON.parse(stdout), [words, [path, ...words], `file://${path}`]);
});

e2e(
  "run: a default export, JavaScript, a module without any function, top-level await",
  async (box) => {
    const byDefault = await program(
      box,
      "export default (n: string) => console.log(Number(n) + 1);",
      "1",
    );
    assertEquals([byDefault.stdout, byDefault.code], ["2\n", 0]);
    Deno.writeTextFileSync(box.path("plain.js"), "console.log('plain', typeof require);");
    assertMatch((await box.imp(["run", box.path("plain.js")])).stdout, /^plain/);
    const waits = await program(
      box,
      "const x = await new Promise((done) => setTimeout(() => done(7), 5)); export const main = () => console.log(x);",
    );
    assertEquals([waits.stdout, waits.code], ["7\n", 0]);
  },
);

e2e("run: the status is what the program says", async (box) => {
  const cases: [string, number][] = [
    ["export const main = () => 5;", 5],
    ["export const main = () => Promise.resolve(6);", 6],
    ["export const main = () => 'text';", 0],
    ["process.exit(7);", 7],
    ["export const main = () => { process.exitCode = 8; };", 8],
    ["export const main = () => { setTimeout(() => process.exit(9), 20); };", 9],
    [
      "export const main = () => { setTimeout(() => { process.exitCode = 10; }, 20); return 0; };",
      10,
    ],
  ];
  for (const [text, status] of cases) {
    const { code, stderr } = await program(box, text);
    assertEquals([code, stderr], [status, ""], text);
  }
});

e2e("run: it ends when nothing is left to wait for", async (box) => {
  const { stdout, code } = await program(
    box,
    "export function main() { setTimeout(() => console.log('later'), 100); console.log('main'); }",
  );
  assertEquals([stdout, code], ["main\nlater\n", 0]);
});

e2e("run: errors are reported with where they were thrown, causes too", async (box) => {
  const thrown = await program(
    box,
    "export async function main() {\n  throw new TypeError('no', { cause: new AggregateError([new Error('part')], 'all') });\n}",
  );
  assertEquals(thrown.code, 1);
  assertMatch(thrown.stderr, /^TypeError: no\n\s+at main \(.*program\.ts:2:/);
  assertMatch(thrown.stderr, /Caused by: AggregateError: all[^]*\n\s+Error: part/);
  assert(!thrown.stderr.includes("$bunfs"), thrown.stderr);
  for (
    const text of [
      "setTimeout(() => { throw new Error('late'); }, 5);",
      "export const main = () => { Promise.reject(new Error('late')); setTimeout(() => {}, 60_000); };",
      "queueMicrotask(() => { throw new Error('late'); }); export const main = () => {};",
    ]
  ) {
    const late = await program(box, text);
    assertEquals(late.code, 1, text);
    assertMatch(late.stderr, /Error: late\n\s+at /);
  }
  const stuck = await program(box, "export const main = () => new Promise(() => {});");
  assertEquals(stuck.code, 1);
  assertStringIncludes(stuck.stderr, "it waits for something that can no longer come");
  const handled = await program(
    box,
    "process.on('uncaughtException', () => console.log('mine')); setTimeout(() => { throw new Error('late'); }, 5);",
  );
  assertEquals([handled.stdout, handled.stderr, handled.code], ["mine\n", "", 0]);
});

e2e("run: what cannot be run is said, with its own statuses", async (box) => {
  const none = await box.imp(["run"]);
  assertEquals(none.code, 2);
  assertStringIncludes(none.stderr, "imp run FILE");
  const missing = await box.imp(["run", "missing.ts"]);
  assertEquals(missing.code, 127);
  assertStringIncludes(missing.stderr, "cannot load missing.ts: ENOENT");
  assertEquals((await box.imp(["run", "."])).code, 127);
  const wrong = await program(box, "export function main( {");
  assertEquals(wrong.code, 126);
  assertMatch(wrong.stderr, /cannot load program\.ts: /);
  const lacks = await program(box, "import './not_there.ts';");
  assertEquals(lacks.code, 126);
  assertStringIncludes(lacks.stderr, "not_there.ts");
  const option = await box.imp(["run", "--no-such-option", "program.ts"]);
  assertEquals(option.code, 2);
});

e2e("run: what is not a program is not taken for one that does nothing", async (box) => {
  for (const name of ["notes.txt", "data.json", "page.html", "job.sh", "READ.MD"]) {
    Deno.writeTextFileSync(box.path(name), "");
    const { stderr, code } = await box.imp(["run", name]);
    assertEquals(code, 126, name);
    assertMatch(stderr, /by its name, which ends in \.\w+, it is not JavaScript or TypeScript/);
  }
  const device = await box.imp(["run", "/dev/null"]);
  assertEquals(device.code, 126);
  assertStringIncludes(device.stderr, "only a regular file can be loaded");
});

// Deno takes such a file for a program only where it is the main one.
e2eOfBinary("run: a program whose name has no ending", async (box) => {
  Deno.writeTextFileSync(box.path("plain"), "#!/usr/bin/env imp\nconsole.log('no ending');");
  assertEquals((await box.imp(["run", "plain"])).stdout, "no ending\n");
});

e2e("run: a program that only speaks of import.meta.main has its main called", async (box) => {
  const spoken =
    'export const main = () => console.log("under import.meta.main", `import.meta.main`);';
  assertEquals((await program(box, spoken)).stdout, "under import.meta.main import.meta.main\n");
});

e2e("run: a mistake in what the program imports is reported with that file", async (box) => {
  const wrong = box.script("wrong.ts", "let x: = 5;\nfunction {");
  const { stderr, code } = await program(box, 'import "./wrong.ts";');
  assertEquals(code, 126);
  assertStringIncludes(stderr, wrong);
});

e2e("run: a module that lies in another folder, imports beside it, and json", async (box) => {
  Deno.mkdirSync(box.path("app"));
  Deno.writeTextFileSync(box.path("app/data.json"), '{"two": 2}');
  Deno.writeTextFileSync(box.path("app/one.ts"), "export const one: number = 1;");
  Deno.writeTextFileSync(
    box.path("app/my program 100%.ts"),
    "import { one } from './one.ts'; import data from './data.json' with { type: 'json' };\n" +
      "export const main = () => console.log(one + data.two);",
  );
  const { stdout, stderr, code } = await box.imp(["run", "app/my program 100%.ts"]);
  assertEquals([stdout, stderr, code], ["3\n", "", 0]);
});

// Under Deno the clone's configuration holds, which has no node_modules.
e2eOfBinary("run: a package in node_modules beside the program", async (box) => {
  Deno.mkdirSync(box.path("app/node_modules/dep"), { recursive: true });
  Deno.writeTextFileSync(box.path("app/node_modules/dep/package.json"), '{"main":"main.js"}');
  Deno.writeTextFileSync(box.path("app/node_modules/dep/main.js"), "module.exports = { n: 3 };");
  const text = "import dep from 'dep'; export const main = () => console.log(dep.n);";
  Deno.writeTextFileSync(box.path("app/program.ts"), text);
  const { stdout, stderr, code } = await box.imp(["run", "app/program.ts"]);
  assertEquals([stdout, stderr, code], ["3\n", "", 0]);
});

e2e("run: a signal ends the program as it would end any other", async (box) => {
  Deno.writeTextFileSync(
    box.path("k.ts"),
    "process.kill(process.pid, 'SIGINT'); setTimeout(() => {}, 60000);",
  );
  assertEquals((await box.sh('"$IMP" run k.ts; echo $?')).stdout, "130\n");
});

e2eOfBinary(
  "run: a package that is not found: what is looked for, and that nothing is downloaded",
  async (box) => {
    const mapped = await program(box, 'import { u } from "lib/u.ts"; console.log(u);');
    assertEquals([mapped.code, mapped.stdout], [126, ""]);
    assertStringIncludes(mapped.stderr, "node_modules beside the program");
    for (const specifier of ["npm:left-pad", "jsr:@std/path", "https://127.0.0.1:1/x.ts"]) {
      const { code, stderr } = await program(box, `import "${specifier}";`);
      assertEquals(code, 126, specifier);
      assertStringIncludes(stderr, "nothing is downloaded");
    }
  },
);

e2e("run: names with spaces, percent signs, hashes and letters of other alphabets", async (box) => {
  const folder = "d %41 é#q";
  Deno.mkdirSync(box.path(folder));
  Deno.writeTextFileSync(
    box.path(`${folder}/a%20b #日本.ts`),
    `import { Pool } from "imp:multiprocessing";
     export const more = (n: number) => n + 1;
     export async function main() {
       await using pool = new Pool(1);
       console.log(await pool.apply(more, [1]), await pool.apply("./a%20b #日本.ts#more", [2]));
     }`,
  );
  const { code, stdout, stderr } = await box.imp(["run", `${folder}/a%20b #日本.ts`]);
  assertEquals([code, stdout, stderr], [0, "2 3\n", ""]);
});

e2e(
  "run: the old name of the library works, with one warning, and is never a package",
  async (box) => {
    Deno.mkdirSync(box.path("node_modules/imp"), { recursive: true });
    Deno.writeTextFileSync(box.path("node_modules/imp/package.json"), '{"main":"main.js"}');
    Deno.writeTextFileSync(box.path("node_modules/imp/main.js"), "console.log('a stranger');");
    const { code, stdout, stderr } = await program(
      box,
      `import { Pool, Process, Thread } from "imp";
     export const more = (n: number) => n + 1;
     export const say = (text: string) => console.log(text);
     export async function main() {
       await using pool = new Pool(2);
       console.log(await pool.map(more, [1, 2]));
       const process = new Process({ target: say, args: ["process"] });
       process.start();
       await process.join();
       const thread = new Thread({ target: say, args: ["thread"] });
       await thread.start();
       await thread.join();
     }`,
    );
    assertEquals([stdout, code], ["[ 2, 3 ]\nprocess\nthread\n", 0], stderr);
    assertMatch(
      stderr,
      /^imp: warning: the module is called "imp:multiprocessing"; .*\n {2}write: .*\n$/,
    );
  },
);

e2e(
  "run: import.meta.main is true in the program, and in nothing else that is loaded",
  async (box) => {
    Deno.writeTextFileSync(box.path("sub.ts"), "export const sub = import.meta.main;");
    Deno.writeTextFileSync(
      box.path("self.ts"),
      `#!/usr/bin/env -S imp run
     import { Process, Thread } from "imp:multiprocessing";
     import { sub } from "./sub.ts";
     export const tell = (who: string) => console.log(who, import.meta.main);
     export async function main() { console.log("called by imp run"); }
     if (import.meta.main) {
       console.log("itself", import.meta.main, sub, process.argv.slice(2));
       const child = new Process({ target: tell, args: ["process"] });
       child.start();
       await child.join();
       const thread = new Thread({ target: tell, args: ["thread"] });
       await thread.start();
       await thread.join();
     }`,
    );
    Deno.symlinkSync("self.ts", box.path("link.ts"));
    for (const name of ["self.ts", "link.ts"]) {
      const { code, stdout, stderr } = await box.imp(["run", name, "a", "b c"]);
      const said = 'itself true false [ "a", "b c" ]\nprocess false\nthread false\n';
      assertEquals([stdout, stderr, code], [said, "", 0], name);
    }
  },
);

e2e("run: what the program throws while it is loaded is its own, status 1", async (box) => {
  Deno.writeTextFileSync(box.path("deep.ts"), "\nthrow new RangeError('deep down');");
  const table: [text: string, stderr: RegExp][] = [
    [
      "class Mine extends TypeError { override name = 'Mine' }\nthrow new Mine('no');",
      /^Mine: no\n(?:\s+at .*\n)*\s+at .*program\.ts:2:\d+\n$/,
    ],
    [
      "await Promise.reject(new TypeError('late'));",
      /^TypeError: late\n\s+at .*program\.ts:1:\d+\n$/,
    ],
    ["JSON.parse('{');", /^SyntaxError: .*\n(?:\s+at .*\n)*\s+at .*program\.ts:1:\d+\n$/],
    ["import './deep.ts';", /^RangeError: deep down\n\s+at .*deep\.ts:2:\d+\n$/],
    ["throw 'text';", /^Uncaught text\n$/],
    ["throw undefined;", /^Uncaught undefined\n$/],
  ];
  for (const [text, stderr] of table) {
    const result = await program(box, text);
    assertEquals(result.code, 1, text);
    assertMatch(result.stderr, stderr);
  }
});

e2e("run: of what cannot be loaded the reasons are reported, and no places in imp", async (box) => {
  Deno.writeTextFileSync(box.path("empty.ts"), "export {};");
  const texts = [
    "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
    "def f(x):\n    return x\n\nif __name__ == '__main__':\n    print(f(1))\n",
    "\x7fELF\x02\x01\x01",
    "import { nothing } from './empty.ts'; nothing();",
  ];
  for (const text of texts) {
    const { code, stdout, stderr } = await program(box, text);
    assertEquals([code, stdout], [126, ""], text);
    assertMatch(stderr, /^imp run: cannot load program\.ts: /);
    assert(!/bunfs|load_function|\d+ errors? building/.test(stderr), stderr);
    assertMatch(stderr, /nexpected|xpected|named? '/, stderr);
  }
});
