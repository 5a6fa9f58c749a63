// imp boot with a real systemd: boots, upgrades, shutdowns, power failures.
import { assertEquals, assertMatch } from "@std/assert";
import { e2eAsRoot, eventually, impBinary } from "./harness.ts";
import { KeptHome } from "./keeping.ts";
import { SystemdMachine } from "./systemd_machine.ts";

e2eAsRoot(
  "imp boot with systemd: its unit starts, is restarted without a loss, and shuts down in order",
  async (box) => {
    const home = new KeptHome(box);
    const machine = await SystemdMachine.boot(box) ??
      box.skip("systemd cannot be started in namespaces here");
    const imp = (...words: string[]) => machine.run(impBinary(), ...words);
    const pidOf = (name: string) => home.record(name, "state")?.program?.pid;
    try {
      const told = box.path("told");
      const script =
        `trap 'echo ended >>${told}; exit 0' TERM; echo began >>${told}; sleep 600 & wait`;
      assertMatch(
        await imp("boot", "--install"),
        /wrote .*\nran .*daemon-reload\nran .*enable --now imp\.service/,
      );
      assertMatch(await imp("start", "web", "--", "sh", "-c", script), /web: started/);
      assertMatch(
        await imp("start", "off", "--at-boot", "no", "--", "sleep", "600"),
        /off: started/,
      );

      await machine.down();
      assertEquals(Deno.readTextFileSync(told), "began\nended\n");
      assertEquals(home.record("web", "intent").wanted, "run");

      await machine.up();
      assertEquals(Deno.readTextFileSync(told), "began\nended\nbegan\n");
      const { state, cgroup } = JSON.parse((await imp("status", "--json", "web")).split("\n")[0]);
      assertEquals([state, cgroup], ["running", undefined]);
      assertMatch(home.record("web", "state").cgroup, /imp\.service\/imp-kept-web-/);
      assertMatch(await imp("list"), /off +stopped/);
      await imp("start", "later", "--", "sleep", "600");

      const pids = ["web", "later"].map(pidOf);
      for (const word of ["restart", "stop", "start", "restart"]) {
        assertEquals(await machine.run("systemctl", word, "imp.service"), "");
        assertEquals(["web", "later"].map(pidOf), pids, word);
        assertMatch(await imp("list"), /web +running[^]*/);
      }
      assertEquals((await machine.run("systemctl", "is-active", "imp.service")).trim(), "active");

      await machine.cut();
      await machine.up();
      assertMatch(await imp("list"), /later +running[^]*off +stopped[^]*web +running/);
      // A unit of its own has the same words.
      const words = ["a b", "5%", "$HOME", "${X}", ";", "'", '"', "\\", "é\n", "", "%n"];
      const out = box.path("words");
      const program = box.script("print", `#!/bin/sh\nfor word; do echo "<$word>"; done >${out}\n`);
      await imp(
        "start",
        "print",
        "--restart",
        "no",
        "--start-seconds",
        "0",
        "--",
        program,
        ...words,
      );
      const expected = Deno.readTextFileSync(out);
      await imp("export", "systemd", "print", "--dir", "/etc/systemd/system");
      Deno.removeSync(out);
      await machine.run("systemctl", "daemon-reload");
      assertEquals(await machine.run("systemctl", "start", "print.service"), "");
      await eventually(() => {
        try {
          return Deno.readTextFileSync(out) === expected;
        } catch {
          return false;
        }
      }, () => `the words are the same: ${expected}`);

      assertMatch(await imp("boot", "--remove"), /disable --now imp\.service\nremoved /);
      assertMatch(await imp("list"), /later +running[^]*web +running/);
    } finally {
      await machine.cut();
    }
  },
  ["unshare", "nsenter", "systemctl"],
);
