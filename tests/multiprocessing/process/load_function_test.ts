import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { ImpError } from "../../../src/base/errors.ts";
import {
  loadFunction,
  moduleUrl,
  pickFunction,
  splitTarget,
} from "../../../src/multiprocessing/process/load_function.ts";

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the default export is taken, or the only function, or the one that is named", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/two.ts`,
      "export default (x: string) => `default ${x}`;\nexport const other = (x: string) => `other ${x}`;\n",
    );
    await Deno.writeTextFile(
      `${folder}/one.ts`,
      "export const n = 1;\nexport function only() { return n; }\n",
    );
    assertEquals(await (await loadFunction(`${folder}/two.ts`))("a"), "default a");
    assertEquals(await (await loadFunction(`${folder}/two.ts`, "other"))("a"), "other a");
    assertEquals(await (await loadFunction(`${folder}/one.ts`))(), 1);
    assertEquals(await (await loadFunction(`file://${folder}/one.ts`, "only"))(), 1);
  });
});

Deno.test("names of files may hold anything; what follows the last # is the export, where no file is called so", async () => {
  await withFolder(async (folder) => {
    const strange = `${folder}/we#ird %41 ü?.ts`;
    await Deno.writeTextFile(strange, "export default () => 'strange';\n");
    const { module, name } = splitTarget(strange);
    assertEquals([module, name], [strange, undefined]);
    assertEquals(await (await loadFunction(module, name))(), "strange");
    assertEquals(splitTarget(`${strange}#default`), { module: strange, name: "default" });
  });
  assertEquals(splitTarget("./x.ts"), { module: "./x.ts" });
  assertEquals(splitTarget("./x.ts#"), { module: "./x.ts#" });
  assertEquals(moduleUrl("/a b/c.ts"), "file:///a%20b/c.ts");
  assertEquals(moduleUrl("node:path"), "node:path");
});

Deno.test("what cannot be called is reported with what could be", () => {
  const module = { default: 3, b() {}, a() {} };
  for (
    const [name, why] of [
      [undefined, "cannot call ./m.ts: its default export is no function but a number"],
      ["c", "cannot call c of ./m.ts: it exports nothing of that name"],
      ["toString", "cannot call toString of ./m.ts: it exports nothing of that name"],
    ] as const
  ) {
    const error = assertThrows(() => pickFunction(module, "./m.ts", name), ImpError, why);
    assertEquals(error.exit, 2);
    assertStringIncludes(error.hint!, "a, b; write ./m.ts#a");
  }
  const none = assertThrows(() => pickFunction({ x: 1 }, "./m.ts"), ImpError, "no default export");
  assertStringIncludes(none.hint!, "no function at all");
});

Deno.test("a module that is missing, wrong or throws is named, with an exit status each", async () => {
  await withFolder(async (folder) => {
    const expect = async (path: string, exit: number, message: string) => {
      const error = await assertRejects(() => loadFunction(path), ImpError, message);
      assertEquals(error.exit, exit);
    };
    await expect(`${folder}/none.ts`, 127, `cannot load ${folder}/none.ts: ENOENT`);
    await expect(folder, 127, "EISDIR");
    await Deno.writeTextFile(`${folder}/throws.ts`, "throw new Error('too early');\n");
    await expect(`${folder}/throws.ts`, 126, `cannot load ${folder}/throws.ts: Error: too early`);
    await Deno.writeTextFile(`${folder}/wrong.ts`, "export functoin x() {\n");
    await expect(`${folder}/wrong.ts`, 126, `cannot load ${folder}/wrong.ts: `);
  });
});
