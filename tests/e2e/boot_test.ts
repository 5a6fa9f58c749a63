// What starts kept daemons at boot: which ones, and what installs it.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  e2eAsRoot,
  eventually,
  impBinary,
  isAlive,
  isRoot,
  type Sandbox,
  sideBySide,
} from "./harness.ts";
import { KeptHome } from "./keeping.ts";

const e2e = sideBySide();

const SLEEP = "exec sleep 600";

/** Has the records of a daemon be those of another boot, once its keepers have been killed. */
async function bootAnew(home: KeptHome, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const pid = home.pid(name);
    await home.killWaiters(name);
    if (pid !== undefined) Deno.kill(pid, "SIGKILL");
    await eventually(() => pid === undefined || !isAlive(pid), "the program has ended");
    const path = `${home.path}/daemons/${name}/state.json`;
    const state = JSON.parse(Deno.readTextFileSync(path));
    Deno.writeTextFileSync(path, JSON.stringify({ ...state, bootId: "another" }));
  }
}

async function shown(home: KeptHome, name: string): Promise<Record<string, unknown>> {
  return JSON.parse(await home.done("list", "--json", name));
}

e2e(
  "imp boot --run starts what ran, and leaves alone what was stopped, has finished or is disabled",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("web", SLEEP);
    await home.start("off", SLEEP, "--at-boot", "no");
    await home.start("halted", SLEEP);
    await home.start("once", "exit 0", "--restart", "no", "--start-seconds", "0");
    await home.start("each", "exit 0", "--restart", "no", "--start-seconds", "0");
    await home.done("stop", "halted");
    assertEquals(await home.done("enable", "each"), "each: enabled\n");
    assertEquals(await home.done("enable", "each"), "each: already enabled\n");
    const before = home.record("each", "state").runs.length;
    await bootAnew(home, ["web", "off", "halted", "once", "each"]);
    const { state, notes } = await shown(home, "web");
    assertEquals([state, notes], ["lost", []]);
    assertStringIncludes((await home.imp(["list"])).stdout, "not started since boot");
    assertMatch(
      (await home.imp(["status", "web"])).stdout,
      /the machine has rebooted since it ran/,
    );
    assertMatch((await home.imp(["status", "off"])).stdout, /it is disabled/);
    const printed = await home.done("boot", "--run");
    assertMatch(printed, /^web: started, pid \d+/m);
    assertMatch(printed, /^each: started, and has ended already/m);
    assert(!/off|halted|once/.test(printed), printed);
    assertEquals(home.record("each", "state").runs.length, before + 1);
    assertEquals((await shown(home, "web")).state, "running");
    assertEquals((await shown(home, "off")).state, "stopped");
    // What has begun is not begun again: a restart of the unit.
    const pid = home.pid("web");
    assertEquals(await home.done("boot", "--run"), "there is nothing to start\n");
    assertEquals(home.pid("web"), pid);
    assertEquals((await home.imp(["boot", "--shutdown"])).code, 0);
    assertEquals(home.pid("web"), pid);
    await home.done("stop", "--all");
  },
);

e2e(
  "imp boot --run: what a shutdown of a container or a manager has stopped is started, in the same boot",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("web", SLEEP);
    const { keeper, guard } = home.waiters("web");
    Deno.kill(keeper!, "SIGTERM");
    await eventually(() => ![keeper!, guard!].some(isAlive), "the keepers have left");
    assertEquals((await shown(home, "web")).state, "stopped");
    assertMatch(await home.done("boot", "--run"), /^web: started/);
    await home.done("stop", "web");
    assertEquals(await home.done("boot", "--run"), "there is nothing to start\n");
  },
);

e2e(
  "imp boot --run: what depends on others waits for them, in the same file alone",
  async (box) => {
    const home = new KeptHome(box);
    const order = box.path("order");
    const table = (name: string, more: string) =>
      `[daemons.${name}]\ncommand = ["sh", "-c", "echo ${name} >>${order}; exec sleep 600"]\n${more}\n`;
    Deno.writeTextFileSync(
      box.path("imp.toml"),
      table("a-web", 'depends = ["z-db"]') + table("z-db", 'ready = "delay:300ms"') +
        table("broken", 'depends = ["bad"]') +
        `[daemons.bad]\ncommand = ["sh", "-c", "exec sleep 600"]\n`,
    );
    const up = await home.imp(["up"], { cwd: box.directory });
    assertEquals(up.code, 0, up.stderr + up.stdout);
    await bootAnew(home, ["a-web", "z-db", "broken", "bad"]);
    // A failure delays nothing else.
    const settings = `${home.path}/daemons/bad/settings.json`;
    Deno.writeTextFileSync(settings, Deno.readTextFileSync(settings).replace('"sh"', '"no-such"'));
    Deno.removeSync(order);
    const { code, stdout, stderr } = await home.imp(["boot", "--run"]);
    assertEquals(code, 1);
    assertMatch(stderr, /^imp boot: bad: cannot find no-such: ENOENT/);
    assertMatch(stdout, /broken: started/);
    const began = Deno.readTextFileSync(order).split("\n");
    assert(began.indexOf("z-db") < began.indexOf("a-web"), began.join(" "));
    await home.done("stop", "--all");
  },
);

e2e("imp boot --run: what does not start is reported, the others start", async (box) => {
  const home = new KeptHome(box);
  await home.start("web", SLEEP);
  const program = box.script("tool", `#!/bin/sh\n${SLEEP}\n`);
  await home.done("start", "tool", "--", program);
  await bootAnew(home, ["web", "tool"]);
  Deno.removeSync(program);
  const { code, stdout, stderr } = await home.imp(["boot", "--run"]);
  assertEquals(code, 1);
  assertMatch(stdout, /^web: started/);
  assertMatch(stderr, /^imp boot: tool: cannot execute .*tool: ENOENT/);
  await home.done("stop", "--all");
});

e2e(
  "enable and disable: other commands leave it as it is, keepers do not stir, bad words are refused",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("web", SLEEP);
    const { serial } = home.record("web", "intent");
    const pid = home.pid("web");
    assertEquals((await shown(home, "web")).atBoot, "default");
    assertEquals(JSON.parse(await home.done("disable", "--json", "web")), {
      ...{ name: "web", result: "disabled", done: true, changed: true, stopped: false },
    });
    assertEquals([home.record("web", "intent").serial, home.pid("web")], [serial, pid]);
    await home.done("restart", "web");
    await home.done("stop", "web");
    assertEquals(await home.done("disable", "web"), "web: already disabled\n");
    assertMatch(await home.done("enable", "--all"), /^web: enabled; it is stopped, and stays so/);
    await home.done("start", "web");
    assertEquals((await shown(home, "web")).atBoot, "enabled");
    await home.done("start", "web", "--oknodo", "--at-boot", "no");
    assertEquals((await shown(home, "web")).atBoot, "disabled");
    assertMatch(await home.done("status", "web"), /at boot +left alone/);
    const unknown = await home.imp(["enable", "web", "wep"]);
    assertEquals([unknown.code, unknown.stdout], [1, "web: enabled\n"]);
    assertMatch(unknown.stderr, /cannot enable 'wep'.*\n.*did you mean web/);
    assertEquals((await home.imp(["enable"])).code, 2);
    assertEquals((await home.imp(["start", "web", "--at-boot", "maybe"])).code, 2);
    await home.done("stop", "web");
  },
);

/** A systemctl and a crontab of the test, which record what they are called with. */
function fakes(box: Sandbox): Record<string, string> {
  Deno.mkdirSync(box.path("bin"));
  const calls = box.path("calls"), tab = box.path("tab");
  box.script(
    "bin/systemctl",
    `#!/bin/sh\n[ "$1" = --version ] && { echo "systemd 252 (252)"; exit; }\necho "systemctl $*" >>${calls}\n` +
      `[ -e ${
        box.path("broken")
      } ] && { echo "Failed to connect to bus: No medium found" >&2; exit 1; }\n` +
      `dir=$XDG_CONFIG_HOME/systemd/user/default.target.wants\n` +
      `case "$*" in *enable*) mkdir -p $dir; ln -sf ../imp.service $dir/;; *disable*) rm -f $dir/imp.service;; esac\n`,
  );
  box.script(
    "bin/crontab",
    `#!/bin/sh\ncase $1 in\n-l) [ -e ${tab} ] && exec cat ${tab}; echo "no crontab for me" >&2; exit 1;;\n` +
      `-r) rm ${tab};;\n-) [ -e ${
        box.path("full")
      } ] && { echo "No space left on device" >&2; exit 1; }; cat >${tab};;\nesac\n`,
  );
  return {
    PATH: `${box.path("bin")}:${Deno.env.get("PATH")}`,
    XDG_CONFIG_HOME: box.path("config"),
    HOME: box.directory,
    CI: "",
  };
}

e2e("imp boot: a crontab is shown, written, and taken out again, byte for byte", async (box) => {
  const home = new KeptHome(box);
  const env = fakes(box);
  const before = new Uint8Array([...new TextEncoder().encode("A=1\n5 * * * * echo "), 0xff, 10]);
  Deno.writeFileSync(box.path("tab"), before);
  const imp = (...words: string[]) => home.imp(["boot", ...words], { env });
  const look = await imp("--kind", "crontab");
  assertEquals(look.code, 0);
  assertMatch(look.stdout, /Nothing is installed yet[^]*@reboot IMP_HOME=.* boot --run --quiet/);
  assertEquals(Deno.readFileSync(box.path("tab")), before);
  assertEquals(
    (await imp("--install", "--kind", "crontab")).stdout,
    "added a line to the crontab\n",
  );
  assertEquals((await imp("--install", "--kind", "crontab")).stdout, "it is installed already\n");
  const json = JSON.parse((await imp("--kind", "crontab", "--json")).stdout);
  assertEquals([json.kind, json.installed, json.steps], ["crontab", "current", []]);
  // The line does what it says.
  const line = Deno.readTextFileSync(box.path("tab")).trimEnd().split("\n").at(-1)!;
  const { code } = await box.sh(line.replace("@reboot ", "").replaceAll("\\%", "%"));
  assertEquals(code, 0);
  assertEquals((await imp("--remove")).stdout, "took the line out of the crontab\n");
  assertEquals(Deno.readFileSync(box.path("tab")), before);
  assertEquals((await imp("--remove")).stdout, "nothing is installed\n");
  Deno.writeTextFileSync(box.path("full"), "");
  const full = await imp("--install", "--kind", "crontab");
  assertEquals(full.code, 125);
  assertMatch(full.stderr, /cannot write the crontab: No space left on device/);
  assertEquals(Deno.readFileSync(box.path("tab")), before);
});

e2e(
  "imp boot: the unit of a user is written, enabled, brought up to date and removed; others' files stay",
  async (box) => {
    if (isRoot) return box.skip("it is tried as another user");
    const home = new KeptHome(box);
    const env = fakes(box);
    const unit = box.path("config/systemd/user/imp.service");
    const imp = (...words: string[]) => home.imp(["boot", "--kind", "systemd", ...words], { env });
    const installed = await imp("--install");
    assertEquals(installed.code, 0, installed.stderr);
    assertMatch(
      installed.stdout,
      /^wrote .*imp\.service\nran .*systemctl --user .*enable .*imp\.service\n$/s,
    );
    const text = Deno.readTextFileSync(unit);
    assertStringIncludes(text, `ExecStart=${impBinary()} boot --run\n`);
    assertStringIncludes(text, `IMP_HOME=${home.path}`);
    assertEquals(Deno.statSync(unit).mode! & 0o777, 0o644);
    assertEquals((await imp("--install")).stdout, "it is installed already\n");
    Deno.writeTextFileSync(unit, `${text}\n# changed\n`);
    assertMatch((await imp()).stdout, /What is installed differs from what this imp writes/);
    assertEquals((await imp("--install")).code, 0);
    assertEquals(Deno.readTextFileSync(unit), text);
    assertMatch((await imp("--remove")).stdout, /ran .*disable[^]*removed /);
    assertEquals([...Deno.readDirSync(box.path("config/systemd/user"))].map(({ name }) => name), [
      "default.target.wants",
    ]);
    Deno.writeTextFileSync(box.path("broken"), "");
    const broken = await imp("--install");
    assertEquals(broken.code, 125);
    assertMatch(broken.stderr, /cannot run .*systemctl.*Failed to connect to bus[^]*enable-linger/);
    Deno.removeSync(box.path("broken"));
    assertEquals((await imp("--install")).code, 0);
    for (const foreign of ["[Unit]\n", "link"]) {
      Deno.removeSync(unit);
      if (foreign === "link") Deno.symlinkSync("/dev/null", unit);
      else Deno.writeTextFileSync(unit, foreign);
      for (const words of [["--install"], ["--remove"]]) {
        const { code, stderr } = await imp(...words);
        assertEquals(code, 1);
        assertMatch(stderr, /imp\.service: (imp did not write it|it is a symbolic link)/);
      }
      assertMatch((await imp()).stdout, /does not overwrite what it did not write/);
      assertEquals(
        (await home.imp(["boot", "--remove"], { env })).stdout,
        "nothing is installed\n",
      );
    }
  },
);

e2eAsRoot(
  "imp boot: the unit of the system, in a namespace of its own, and on a full disk",
  async (box) => {
    const home = new KeptHome(box);
    const script = `mount -t tmpfs none /etc/systemd/system && umask 077 &&
    "$IMP" boot --install --kind systemd; stat -c %a /etc/systemd/system/imp.service
    systemd-analyze verify --man=no /etc/systemd/system/imp.service 2>&1 | grep -i imp.service
    ls /etc/systemd/system/multi-user.target.wants
    "$IMP" boot --remove; ls /etc/systemd/system/multi-user.target.wants /etc/systemd/system
    mount -t tmpfs -o size=4k,nr_inodes=3 none /etc/systemd/system && head -c 4096 /dev/zero >/etc/systemd/system/fill
    "$IMP" boot --install --kind systemd; echo "exit $?"; ls -A /etc/systemd/system`;
    const { stdout, stderr } = await box.run(["unshare", "-m", "sh", "-c", script], {
      env: { ...home.env, IMP: impBinary(), CI: "" },
    });
    const words = stdout.split("\n");
    assertEquals(words[0], "wrote /etc/systemd/system/imp.service", stderr);
    assertMatch(stdout, /\n644\nimp\.service\nran .*disable imp\.service\nremoved /);
    assertMatch(stdout, /exit 125\nfill\n$/);
    assertMatch(stderr, /cannot write .*imp\.service: ENOSPC/);
  },
  ["unshare", "systemd-analyze", "systemctl"],
);

e2e("imp boot: wrong words, closed descriptors, no place for records", async (box) => {
  const home = new KeptHome(box);
  for (
    const words of [["web"], ["--install", "--remove"], ["--kind", "upstart"], [
      "--run",
      "--kind",
      "crontab",
    ]]
  ) assertEquals((await home.imp(["boot", ...words])).code, 2, words.join(" "));
  const closed = await box.sh('"$IMP" boot --run <&- >&- 2>&-; echo $?', { env: home.env });
  assert(["0\n", "125\n"].includes(closed.stdout), closed.stdout);
  const nowhere = await box.run(["env", "-i", "IMP_HOME=relative", impBinary(), "boot"]);
  assertEquals(nowhere.code, 125);
});
