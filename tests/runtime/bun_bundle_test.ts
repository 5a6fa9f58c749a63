import { assertEquals } from "@std/assert";
import { type BunBundler, bundleByBun } from "../../src/runtime/bun_bundle.ts";

Deno.test("bundle: what the bundler says, and where, as far as it knows", async () => {
  const told = async (message: string, line?: number) => {
    const position = line === undefined ? null : { file: "/m.ts", line };
    const logs = [{ level: "error", message, position }];
    const bun: BunBundler = { build: () => Promise.resolve({ success: false, logs, outputs: [] }) };
    return await bundleByBun(bun, "/m.ts");
  };
  assertEquals(await told("Unexpected ;", 3), { problems: ["/m.ts:3: unexpected ;"] });
  assertEquals(await told("EACCES reading file", -1), { problems: ["EACCES reading file"] });
  const advice = 'Could not resolve: "x". Maybe you need to "bun install"?';
  assertEquals(await told(advice), { problems: ['could not resolve: "x"'] });
});
