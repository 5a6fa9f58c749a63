// docs/limits.md and docs/sandbox.md are promises: their examples are run.
import { assert } from "@std/assert";
import { enableController } from "../../src/termination/cgroup_controllers.ts";
import { isRoot } from "./harness.ts";
import { KeptHome } from "./keeping.ts";
import { readPage, testPage } from "./page_examples.ts";

const [limits, sandbox] = ["limits.md", "sandbox.md"].map(readPage);

Deno.test("docs/limits.md and docs/sandbox.md have their examples", () => {
  for (const { name, sections } of [limits, sandbox]) assert(sections.length >= 1, name);
});

testPage(limits, (box) => {
  if (!isRoot) box.skip("it needs root");
  for (const controller of ["memory", "pids", "cpu"]) {
    const missing = enableController(controller);
    if (missing) box.skip(missing.why);
  }
});

testPage(sandbox, async (box) => {
  const home = new KeptHome(box);
  const { code, stderr } = await home.imp([
    "start",
    "trial",
    "--no-network",
    "--",
    "sleep",
    "1000",
  ]);
  if (code !== 0) box.skip(stderr);
  await home.done("remove", "--stop", "--yes", "trial");
});
