// docs/hosts.md is a promise: its examples are run.
import { assert } from "@std/assert";
import { e2e, impBinary } from "./harness.ts";
import { checkSteps, readPage, scriptOf } from "./page_examples.ts";
import { SSH_TOOLS, startHosts } from "./sshd.ts";

const page = readPage("hosts.md");

Deno.test("docs/hosts.md has its examples", () => {
  assert(page.sections.length >= 2, `${page.sections.length} sections`);
});

for (const { title, steps } of page.sections) {
  e2e(`docs/hosts.md: ${title}`, async (box) => {
    const names = ["web1", "web2", "web3"];
    const hosts = await startHosts(box, names.map((name) => ({ name, installed: true })));
    try {
      const cwd = box.path("page");
      Deno.mkdirSync(cwd);
      Deno.mkdirSync(box.path("bin"));
      Deno.symlinkSync(impBinary(), box.path("bin/imp"));
      const { stdout } = await box.sh(scriptOf(page.setup, steps), {
        cwd,
        env: {
          ...{ LC_ALL: "C", PARALLEL_SSH: hosts.ssh, IMP_HOME: box.path("home") },
          PATH: `${box.path("bin")}:${Deno.env.get("PATH")}`,
        },
      });
      checkSteps(steps, stdout, (text) => text.replaceAll("\t", " ").replaceAll(cwd, "…"));
      await hosts.quiet();
    } finally {
      await hosts.stop();
    }
  }, SSH_TOOLS);
}
