// imp export: units that systemd takes, lines that cron takes, commands that imp takes.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, e2eAsRoot, impBinary } from "./harness.ts";
import { KeptHome } from "./keeping.ts";

e2e("imp export systemd: units that systemd-analyze takes", async (box) => {
  const home = new KeptHome(box);
  Deno.mkdirSync(box.path("units"));
  await home.start(
    "web",
    "exec sleep 600",
    "-E",
    "TOKEN=secret",
    "--pre",
    "true 'a b'",
    "--nice",
    "1",
    "--max-restarts",
    "5/1m",
  );
  await home.done(
    "start",
    "job",
    "--cron",
    "*/5 1-3 1,15 jan-mar mon-fri",
    "--timezone",
    "Europe/Berlin",
    "--",
    "sh",
    "-c",
    `echo "$HOME" 5% ; 'q' é`,
  );
  await home.done("start", "often", "--every", "90s", "--", "true");
  await home.done(
    "start",
    "build",
    "--on-change",
    box.directory,
    "--restart",
    "no",
    "--postpone",
    "--",
    "true",
  );
  await home.done(
    "start",
    "echo",
    "--socket",
    `unix:${box.path("echo.sock")}`,
    "--on-demand",
    "--",
    "cat",
  );
  const printed = await home.done("export", "systemd", "web");
  assertMatch(printed, /^# web\.service, exported by imp\n\[Unit\]\n/);
  assert(!printed.includes("secret"));
  assertStringIncludes(
    await home.done("export", "systemd", "--values", "web"),
    "Environment=TOKEN=secret\n",
  );
  const written = await home.done("export", "systemd", "--all", "--dir", box.path("units"));
  assertEquals(written.split("\n").length, 10);
  assertEquals(await home.done("export", "systemd", "--all", "--dir", box.path("units")), written);
  const files = [...Deno.readDirSync(box.path("units"))].map(({ name }) =>
    box.path(`units/${name}`)
  );
  const verified = await box.run(["systemd-analyze", "verify", "--man=no", ...files]);
  assertEquals([
    verified.code,
    verified.stderr.split("\n").filter((line) => line.includes(box.directory)),
  ], [0, []]);
  Deno.writeTextFileSync(box.path("units/often.timer"), "# mine\n");
  const { code, stderr } = await home.imp([
    "export",
    "systemd",
    "--all",
    "--dir",
    box.path("units"),
  ]);
  assertEquals(code, 1);
  assertMatch(stderr, /cannot replace .*often\.timer: imp did not write it/);
  await home.done("stop", "--all");
}, ["systemd-analyze"]);

e2e("imp export command: it starts the same daemon", async (box) => {
  const home = new KeptHome(box);
  await home.start(
    "web",
    "exec sleep 600",
    "-E",
    "A=b c",
    "--success",
    "3,TERM",
    "--stop",
    "TERM:5s,INT:1s,KILL",
    "-C",
    box.directory,
  );
  await home.done("disable", "web");
  const line = (await home.done("export", "command", "--values", "web")).trim();
  const before = home.record("web", "settings");
  await home.done("remove", "--stop", "web");
  const again = await box.sh(`imp() { "$IMP" "$@"; }\n${line}`, { env: home.env });
  assertEquals(again.code, 0, again.stderr);
  assertEquals([home.record("web", "settings"), home.record("web", "intent").atBoot], [
    before,
    false,
  ]);
  assertMatch(
    await home.done("export", "toml", "web"),
    /^# the value of A is not shown.*\n\[daemons\.web\]\ncommand = \["sh", "-c"/,
  );
  assertMatch(
    await home.done("export", "crontab", "web"),
    /\n@reboot cd .* && sh -c 'exec sleep 600'\n$/,
  );
  await home.done("stop", "web");
});

e2e("imp export: instances are one table, and one command, that make them again", async (box) => {
  const home = new KeptHome(box);
  await home.done("start", "web", "--instances", "3", "-C", "/tmp", "--", "sleep", "600");
  const before = [1, 2, 3].map((i) => home.record(`web@${i}`, "settings"));
  const command = (await home.done("export", "command", "web")).trim();
  assertEquals(command, "imp start web --instances 3 --chdir /tmp -- sleep 600");
  assertEquals(await home.done("export", "command", "web@2"), `${command}\n`);
  const toml = await home.done("export", "toml", "--all");
  assertEquals(toml, await home.done("export", "toml", "web@2"));
  await home.done("remove", "--yes", "--stop", "web");
  await box.sh(`imp() { "$IMP" "$@"; }\n${command}`, { env: home.env });
  assertEquals([1, 2, 3].map((i) => home.record(`web@${i}`, "settings")), before);
  await home.done("remove", "--yes", "--stop", "web");
  Deno.writeTextFileSync(box.path("imp.toml"), toml);
  await home.done("up", "-f", box.path("imp.toml"));
  const after = [1, 2, 3].map((i) => home.record(`web@${i}`, "settings"));
  assertEquals(after.map(({ project: _, ...rest }) => rest), before);
  assertEquals(home.record("web@4", "settings"), undefined);
  const odd = home.record("web@3", "settings");
  const path = `${home.path}/daemons/web@3/settings.json`;
  Deno.writeTextFileSync(path, JSON.stringify({ ...odd, umask: 0 }));
  assertMatch(
    await home.done("export", "toml", "web"),
    /^# web@3 has other settings than web@1 on record/,
  );
  await home.done("stop", "--now", "--all");
});

e2e("imp export: what cannot be had is reported, the rest is printed", async (box) => {
  const home = new KeptHome(box);
  await home.start("web", "exec sleep 600");
  const program = box.script("tool", "#!/bin/sh\nexec sleep 600\n");
  await home.done("start", "tool", "--", program);
  await home.done("start", "odd", "--every", "7m", "--", "true");
  Deno.removeSync(program);
  const units = await home.imp(["export", "systemd", "web", "tool", "nix"]);
  assertEquals(units.code, 1);
  assertMatch(units.stdout, /^# web\.service/);
  assertMatch(
    units.stderr,
    /no kept daemon is called 'nix'\nimp export: tool: cannot execute .*: ENOENT/,
  );
  const cron = await home.imp(["export", "crontab", "--all"]);
  assertEquals(cron.code, 1);
  assertMatch(cron.stderr, /odd: cannot export 'odd' to a crontab: cron cannot express/);
  // A time zone holds for all lines below it.
  await home.done("start", "a", "--cron", "0 3 * * *", "--timezone", "Asia/Tokyo", "--", "true");
  await home.done("start", "b", "--cron", "0 4 * * *", "--", "true");
  const { stdout: lines } = await home.imp(["export", "crontab", "--all"]);
  assertMatch(lines, /\n0 4 [^]*\nCRON_TZ=Asia\/Tokyo\n0 3 \* \* \* .*\n$/);
  assertEquals(
    (await home.imp(["export", "systemd", "web", "tool", "--dir", box.directory])).code,
    1,
  );
  assertEquals(
    [...Deno.readDirSync(box.directory)].some(({ name }) => name === "web.service"),
    false,
  );
  for (
    const words of [[], ["systemd"], ["upstart", "web"], ["toml", "web", "--dir", "."], [
      "systemd",
      "web",
      "--dir",
      "",
    ]]
  ) {
    assertEquals((await home.imp(["export", ...words])).code, 2, words.join(" "));
  }
  const nowhere = await home.imp(["export", "systemd", "web", "--dir", box.path("none")]);
  assertEquals(nowhere.code, 125);
  const closed = await box.sh('"$IMP" export toml web <&- >&-; echo "$?" >&2', { env: home.env });
  assertMatch(closed.stderr, /125\n$/);
  await home.done("stop", "--all");
});

e2eAsRoot("imp export --dir on a full disk: an error, and nothing half written", async (box) => {
  const home = new KeptHome(box);
  await home.start("web", "exec sleep 600");
  const script =
    `mkdir full && mount -t tmpfs -o size=4k,nr_inodes=4 none full && head -c 4096 /dev/zero >full/fill;
    "$IMP" export systemd web --dir full; echo "exit $?"; ls -A full`;
  const { stdout, stderr } = await box.run(["unshare", "-m", "sh", "-c", script], {
    cwd: box.directory,
    env: { ...home.env, IMP: impBinary() },
  });
  assertEquals(stdout, "exit 125\nfill\n", stderr);
  await home.done("stop", "web");
}, ["unshare"]);
