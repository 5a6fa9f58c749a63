// imp list --metrics: what a collector of text files reads.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseOpenMetrics } from "../commands/list/open_metrics.ts";
import { e2e, e2eAsRoot, impBinary, installed } from "./harness.ts";
import { KeptHome } from "./keeping.ts";

e2e("imp list --metrics: OpenMetrics of what runs, has ended and is scheduled", async (box) => {
  const home = new KeptHome(box);
  assertEquals(await home.done("list", "--metrics"), "# EOF\n");
  await home.start("web", "exec sleep 600");
  await home.start("nightly", "true", "--cron", "30 3 * * *");
  await home.imp(["start", "bad", "--restart", "no", "--", "sh", "-c", "exit 3"]);
  const text = await home.done("list", "--metrics");
  const families = parseOpenMetrics(text);
  const of = (name: string) =>
    Object.fromEntries(
      families.find((one) => one.name === name)?.samples.map((
        { labels, value },
      ) => [labels.name, value]) ?? [],
    );
  assertEquals(of("imp_daemon_up"), { bad: 0, nightly: 0, web: 1 });
  assertEquals(of("imp_daemon_last_exit_status"), { bad: 3 });
  assertEquals(Object.keys(of("imp_daemon_next_run_time_seconds")), ["nightly"]);
  assertEquals(of("imp_daemon_processes").web, 1);
  assert(Math.abs(of("imp_daemon_start_time_seconds").web - Date.now() / 1000) < 600);
  if (installed("promtool")) {
    const { code, stderr } = await box.run(["promtool", "check", "metrics"], { stdin: text });
    assert(code !== 1, stderr);
  }
  const one = await home.imp(["list", "--metrics", "web", "nix"]);
  assertEquals([
    one.code,
    parseOpenMetrics(one.stdout).every(({ samples }) => samples.length === 1),
  ], [1, true]);
  assertMatch(one.stderr, /no kept daemon is called 'nix'/);
  await home.done("stop", "--all");
});

e2e(
  "imp list --metrics --output: at once, for everybody to read, or not at all",
  async (box) => {
    const home = new KeptHome(box);
    const file = box.path("imp.prom");
    const { code } = await box.sh('umask 077; "$IMP" list --metrics -o imp.prom <&- >&-', {
      cwd: box.directory,
      env: home.env,
    });
    assertEquals([code, Deno.readTextFileSync(file)], [0, "# EOF\n"]);
    assertEquals(Deno.statSync(file).mode! & 0o777, 0o644);
    assertEquals(
      [...Deno.readDirSync(box.directory)].filter(({ name }) => name.includes("prom")).length,
      1,
    );
    for (
      const [path, why] of [["no/x.prom", "ENOENT"], [".", "it is not a plain file"], [
        "/dev/null",
        "it is not",
      ]]
    ) {
      const { code, stderr } = await home.imp(["list", "--metrics", "-o", path], {
        cwd: box.directory,
      });
      assertEquals(code, 125, path);
      assertMatch(stderr, RegExp(`cannot write .*${why}`));
    }
    for (
      const words of [["-o", "x"], ["--metrics", "--json"], ["--metrics", "--watch"], [
        "--metrics",
        "-o",
        "",
      ]]
    ) {
      assertEquals((await home.imp(["list", ...words])).code, 2, words.join(" "));
    }
  },
);

e2eAsRoot("imp list --metrics --output on a full disk: the old file stands", async (box) => {
  const home = new KeptHome(box);
  const script =
    `mkdir full && mount -t tmpfs -o size=4k,nr_inodes=4 none full && echo old >full/x.prom &&
    { "$IMP" list --metrics -o full/x.prom; echo "exit $?"; cat full/x.prom; ls -A full; }`;
  const { stdout, stderr } = await box.run(["unshare", "-m", "sh", "-c", script], {
    cwd: box.directory,
    env: { ...home.env, IMP: impBinary() },
  });
  assertEquals(stdout, "exit 125\nold\nx.prom\n", stderr);
  assertMatch(stderr, /cannot write .*x\.prom: ENOSPC/);
}, ["unshare"]);
