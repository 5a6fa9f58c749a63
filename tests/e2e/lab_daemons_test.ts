// Daemons and background processes: what `imp lab` observes.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { scenario } from "./lab_run.ts";

scenario("daemonize-steps", (run) => {
  const step = (text: string) => run.all("shows", undefined, text)[0];
  const [first, forked, session, again, closed] = [
    "started from the shell",
    "fork, the parent exits",
    "setsid",
    "fork again, the child exits",
    "the terminal is closed",
  ].map(step);
  const shell = run.the("starts", "shell");
  assertEquals([first.ppid, first.sid], [shell.pid, shell.sid]);
  assertMatch(String(first.tty), /^\/dev\/pts\//);
  assert(forked.ppid !== first.pid && forked.ppid !== shell.pid);
  assertEquals([forked.sid, forked.tty], [shell.sid, first.tty], "adoption frees it from nothing");
  assertEquals([session.pid, session.sid, session.tty], [forked.pid, forked.pid, null]);
  assertEquals([run.facts("chdir /").cwd, run.facts("umask 0").umask], ["/", "000"]);
  assert(again.pid !== again.sid && again.sid === session.sid);
  assertEquals(run.facts("close the rest").streams, "/dev/null");
  assertEquals(run.facts("close the rest").others, 0);
  assertEquals([closed.pid, closed.tty], [again.pid, null]);
  assertMatch(String(closed.state), /^[RSD]$/);
});

scenario("one-fork-can-get-a-tty", (run) => {
  const leader = run.facts("leader after"), grandchild = run.facts("grandchild after");
  assertEquals(run.facts("leader before").tty, null);
  assertEquals([leader.leads, leader.tty], [true, leader.opened]);
  assertEquals([grandchild.leads, grandchild.tty, grandchild.holds], [false, null, true]);
});

scenario("umask", (run) => {
  const modes = (mask: string) => {
    const { umask, file, folder } = run.facts(`umask ${mask}`);
    return [umask, file, folder];
  };
  assertEquals(modes("000"), ["000", "666", "777"]);
  assertEquals(modes("022"), ["022", "644", "755"]);
  assertEquals(modes("077"), ["077", "600", "700"]);
  assertEquals(modes("033"), ["033", "644", "744"]);
});

scenario("pidfile", (run) => {
  for (const who of ["normal", "asked", "careless", "killed", "successor"]) {
    const { holds, pid, alive } = run.facts(`file of ${who}`);
    assertEquals([holds, alive], [pid, true], who);
  }
  assert(run.all("says", "start again", /already running, pid \d+/).length === 1);
  assertEquals(run.the("ends", "start again").text, "exit 1");
  const left = (who: string) => run.facts(`end of ${who}`).file;
  assertEquals(
    ["normal", "asked", "careless", "killed"].map(left),
    ["removed", "removed", "stays", "stays"],
  );
  assertEquals(run.facts("end of killed").alive, false);
});

scenario("background-vs-daemon", (run) => {
  const seen = (who: string) => {
    const [open, closed] = run.all("shows", who);
    return { ...open.facts, ...closed.facts } as Record<string, unknown>;
  };
  const [job, nohup, setsid, daemon] = ["&", "nohup &", "setsid", "imp daemon"].map(seen);
  assertEquals([job.ofShell, nohup.ofShell, daemon.adopted], [true, true, true]);
  assertEquals(job.alive, job.shell === "dash");
  assertEquals([nohup.alive, setsid.alive, daemon.alive], [true, true, true]);
  assertEquals([job.sameSession, job.sameGroup, job.sameDirectory], [true, false, true]);
  assertEquals([daemon.sameSession, daemon.cwd, daemon.tty], [false, "/", null]);
  assertEquals(daemon.stdout, "/dev/null");
  assertMatch(String(nohup.stdout), /\/nohup\.out$/);
  assert(Number(nohup.outputAfter) > 0);
  assertEquals(setsid.outputAfter, "EIO");
});
