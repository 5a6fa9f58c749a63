// Programs under the runtime itself that import the library from a clone of imp, with the configuration that the docs show.
import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { e2e, impBinary, type Sandbox } from "../harness.ts";

const RUNTIME = impBinary().replace(/[^/]*$/, "runtime");
const DOCS = new URL("../../../docs/multiprocessing.md", import.meta.url);

function install(box: Sandbox): void {
  Deno.symlinkSync(Deno.env.get("IMP_FROM_SOURCE")!, box.path("imp"));
  box.script(
    "squares.ts",
    `import { Pool, Process, Queue } from "imp:multiprocessing";
     export const square = (n: number) => n * n;
     export async function tell(queue: Queue<string>) { await queue.put("from a process"); }
     if (import.meta.main) {
       await using pool = new Pool(2);
       console.log(await pool.map(square, [1, 2, 3]));
       const queue = new Queue<string>();
       new Process({ target: tell, args: [queue] }).start();
       console.log(await queue.get());
     }
    `,
  );
}

e2e("library from source: one line of configuration for each runtime", async (box) => {
  install(box);
  const docs = Deno.readTextFileSync(DOCS);
  for (const name of ["deno.json", "tsconfig.json"]) {
    const shown = docs.match(new RegExp(`^(\\{ .*\\}) +// ${name}$`, "m"));
    Deno.writeTextFileSync(box.path(name), shown![1]);
  }
  const { code, stdout, stderr } = await box.run([RUNTIME, "squares.ts"]);
  assertEquals([stdout, stderr, code], ["[ 1, 4, 9 ]\nfrom a process\n", "", 0]);
});

e2e(
  "library from source: without configuration nothing is found, and nothing fetched",
  async (box) => {
    install(box);
    const { code, stdout, stderr } = await box.run([RUNTIME, "squares.ts"]);
    assertNotEquals(code, 0);
    assertEquals(stdout, "");
    assertMatch(stderr, /Cannot find package 'imp:multiprocessing'|Unsupported scheme "imp"/);
    const there = [...Deno.readDirSync(box.directory)].map(({ name }) => name).sort();
    assertEquals(there, ["imp", "squares.ts"]);
  },
);
