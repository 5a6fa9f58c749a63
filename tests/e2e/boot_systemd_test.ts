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

e2eAsRoot(
  "imp start in a login whose processes are killed at logout: it leaves it, or says so",
  async (box) => {
    const machine = await SystemdMachine.boot(box) ??
      box.skip("systemd cannot be started in namespaces here");
    const start = (session: number, ...words: string[]) => {
      const unit = `--unit=session-${session}`;
      return machine.run("systemd-run", "--quiet", "--scope", unit, impBinary(), "start", ...words);
    };
    try {
      if ((await machine.run("systemctl", "start", "dbus.service")) !== "") {
        return box.skip("dbus cannot be started there");
      }
      assertMatch(
        await start(1, "kept", "--", "sleep", "600"),
        /^kept: started, pid \d+, in \S+\n$/,
      );
      const rules =
        "printf '[Login]\\nKillUserProcesses=yes\\nKillExcludeUsers=\\n' >/run/systemd/logind.conf.d/x.conf";
      await machine.run("sh", "-c", `mkdir -p /run/systemd/logind.conf.d && ${rules}`);

      assertMatch(await start(2, "web", "--", "sleep", "600"), /^web: started, pid \d+, in \S+\n$/);
      const scopes = await machine.run(
        "systemctl",
        "list-units",
        "--no-legend",
        "--plain",
        "imp-*.scope",
      );
      assertMatch(scopes, /^imp-\d+-\w+\.scope +loaded active running/);
      // As logind does at logout, which kills the one that was started before.
      await machine.run("systemctl", "stop", "session-1.scope", "session-2.scope");
      assertMatch(await machine.run(impBinary(), "list"), /web +running/);
      await machine.run(impBinary(), "stop", "web");
      await eventually(
        async () =>
          await machine.run("systemctl", "list-units", "--no-legend", "--plain", "imp-*.scope") ===
            "",
        "the scope has gone with its last process",
      );

      await machine.run("systemctl", "stop", "dbus.socket", "dbus.service");
      const told = await start(3, "other", "--", "sleep", "600");
      assertMatch(told, /other: started/);
      assertMatch(
        told,
        /it is killed at logout: KillUserProcesses is on, and imp could not leave the login/,
      );
      assertEquals(told.match(/logout/g)?.length, 1);
    } finally {
      await machine.cut();
    }
  },
  ["unshare", "nsenter", "systemctl", "systemd-run", "busctl", "dbus-daemon"],
);
