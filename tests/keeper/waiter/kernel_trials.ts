// What a waiter must do if the kernel supports everything it asks for.
import { assert, assertEquals } from "@std/assert";
import { EAGAIN } from "../../../src/libc/abi.ts";
import { eventually, statFields } from "../../e2e/harness.ts";
import { parentOf, type Stage, statusOf, type Trial } from "./stage.ts";

/** Requires a subreaper, or more. */
export const OF_KERNEL: Record<string, Trial> = {
  "an executable that was replaced by one that was cut": async (stage) => {
    const file = `${stage.home}/shell`;
    const whole = Deno.readFileSync("/bin/sh");
    // A file that replaces a program has another inode; one that is being copied keeps its own.
    const write = (bytes: Uint8Array) => {
      Deno.writeFileSync(`${file}.new`, bytes, { mode: 0o755 });
      Deno.renameSync(`${file}.new`, file);
    };
    write(whole);
    stage.raise({ words: [file, stage.turn, stage.directory] });
    await stage.rest();
    const program = await stage.program("sleep 1000");
    for (const percent of [25, 60, 95]) {
      write(whole.slice(0, Math.floor(whole.length * percent / 100)));
      Deno.kill(stage.keeper, "SIGUSR1");
      const runs = stage.turns().length;
      // Through the descriptor of the previous file, if the first turn has failed.
      await eventually(() => stage.turns().length > runs, `cut at ${percent} %`);
      await stage.rest();
      assert([stage.guard, stage.keeper, program].every((pid) => stage.isThere(pid)));
    }
  },

  "orphans are reaped without a turn": async (stage) => {
    stage.raise();
    await stage.rest();
    const orphan =
      "(setsid sh -c 'echo $$ >orphan; while [ ! -e end ]; do sleep 0.01; done; exit 7' &)";
    await stage.act(orphan);
    await eventually(() => stage.read("orphan") !== "", "the orphan runs");
    const pid = Number(stage.read("orphan"));
    await eventually(() => parentOf(pid) === stage.keeper, "it is the keeper's");
    const turns = stage.turns().length;
    stage.file("end");
    await eventually(() => stage.page.other()?.pid === pid, "its end is told");
    assertEquals(stage.page.other()?.ending, { how: "exit", code: 7 });
    assertEquals(stage.turns().length, turns);
    assertEquals(stage.page.raised.ended, 0);
  },

  "the program's end: status, usage, time, and a turn": async (stage) => {
    stage.raise();
    await stage.rest();
    const begun = Date.now();
    // As long as the turn runs, its shell is the parent, and would take the status itself.
    const pid = await stage.program(
      "sh -c 'while [ ! -e go ]; do sleep 0.01; done; kill -SEGV $$'",
    );
    stage.file("go");
    await eventually(() => stage.page.ended()?.pid === pid, "its end is told");
    const { ending, at, cpuMs, maxRssBytes } = stage.page.ended()!;
    assertEquals(ending.how, "signal");
    assertEquals(ending.how === "signal" && ending.signal, 11);
    assert(at > begun - 1000 && at < Date.now() + 1000, `${at}`);
    assert(cpuMs > 0 && maxRssBytes > 100_000, `${cpuMs} ${maxRssBytes}`);
    await stage.rest();
    assertEquals(stage.page.program, 0);
    assertEquals(stage.turns().at(-1)?.raised.ended, 1);

    stage.remove("go");
    const second = await stage.program("sh -c 'while [ ! -e go ]; do sleep 0.01; done; exit 200'");
    stage.file("go");
    await eventually(() => stage.page.ended()?.pid === second, "the second end is told");
    assertEquals(stage.page.ended()?.ending, { how: "exit", code: 200 });
  },

  "turns that fail cost neither keeper nor program, and are tried again": async (stage) => {
    stage.raise();
    await stage.rest();
    const program = await stage.program("sleep 1000");
    const failing = async (what: string) => {
      const before = stage.page.failures;
      Deno.kill(stage.keeper, "SIGUSR1");
      await eventually(() => stage.page.failures > before + 1, `${what}: it fails`);
      assert([stage.guard, stage.keeper, program].every((pid) => stage.isThere(pid)), what);
    };
    const again = async (what: string) => {
      await eventually(() => stage.page.failures === 0, `${what}: it works again`);
      await stage.rest();
    };
    Deno.chmodSync(stage.turn, 0);
    await failing("mode 000");
    assertEquals(stage.page.turnEnding, { how: "exit", code: 127 });
    Deno.chmodSync(stage.turn, 0o755);
    await again("mode 000");
    stage.file("fail");
    await failing("exit 3");
    assertEquals(stage.page.turnEnding, { how: "exit", code: 3 });
    stage.remove("fail");
    await again("exit 3");
    stage.file("idle");
    await failing("something else in its place");
    stage.remove("idle");
    await again("something else in its place");
    stage.file("act", "kill -SEGV $$");
    Deno.kill(stage.keeper, "SIGUSR1");
    await eventually(() => stage.read("acting") === "kill -SEGV $$", "it crashes");
    await again("a crash");
    assertEquals(stage.page.program, program);
    assertEquals(parentOf(program), stage.keeper);
  },

  "an executable that was deleted is executed by descriptor": async (stage) => {
    stage.raise();
    await stage.rest();
    Deno.removeSync(stage.turn);
    await stage.act(": deleted");
    assertEquals(stage.page.failures, 0);
  },

  "kill -9 of the keeper: the guard acts, and takes what ends": async (stage) => {
    stage.raise();
    await stage.rest();
    const program = await stage.program(
      "sh -c 'trap \"exit 9\" TERM; while :; do sleep 0.01; done'",
    );
    Deno.kill(stage.keeper, "SIGKILL");
    await eventually(() => stage.page.keeper === stage.guard, "the guard acts");
    await stage.rest();
    assertEquals([stage.page.guard, stage.page.raised.partner], [0, 1]);
    assertEquals(statusOf(stage.guard, "Name"), "imp-keeper");
    assertEquals(parentOf(program), stage.guard);
    const last = stage.turns().at(-1)!;
    assertEquals([last.parent, last.raised.partner], [stage.guard, 1]);
    Deno.kill(program, "SIGTERM");
    await eventually(() => stage.page.ended()?.pid === program, "its end is told");
    assertEquals(stage.page.ended()?.ending, { how: "exit", code: 9 });
  },

  "kill -9 of the keeper while a turn runs: no second one beside it": async (stage) => {
    stage.raise();
    await stage.rest();
    stage.file("hold");
    Deno.kill(stage.keeper, "SIGUSR1");
    await eventually(() => stage.turns().length === 2, "a turn runs");
    const { pid } = stage.turns()[1];
    Deno.kill(stage.keeper, "SIGKILL");
    await eventually(() => stage.page.keeper === stage.guard, "the guard acts");
    await eventually(() => parentOf(pid) === stage.guard, "the turn is the guard's");
    Deno.kill(stage.guard, "SIGUSR1");
    await eventually(() => stage.page.raised.wake === 2, "it is awake");
    assertEquals([stage.turns().length, stage.page.turn], [2, pid]);
    stage.remove("hold");
    await stage.rest();
    assertEquals(stage.turns().at(-1)!.parent, stage.guard);
  },

  "stopped and continued: nothing is lost": async (stage) => {
    stage.raise();
    await stage.rest();
    const program = await stage.program("sh -c 'while [ ! -e end ]; do sleep 0.01; done; exit 5'");
    Deno.kill(stage.keeper, "SIGSTOP");
    await eventually(() => statusOf(stage.keeper, "State").startsWith("T"), "stopped");
    stage.file("end");
    await eventually(() => statFields(program)?.[0] === "Z", "the program has ended");
    Deno.kill(stage.keeper, "SIGTERM");
    Deno.kill(stage.keeper, "SIGCONT");
    await eventually(() => stage.page.ended()?.pid === program, "told");
    await eventually(() => stage.page.raised.asked === 1, "asked");
    await stage.rest();
    assertEquals(stage.page.ended()?.ending, { how: "exit", code: 5 });
  },

  "no memory for a turn": async (stage) => {
    stage.raise();
    await stage.rest();
    const program = await stage.program("sleep 1000");
    limit(stage.keeper, "--as=4096:");
    Deno.kill(stage.keeper, "SIGUSR1");
    await eventually(() => stage.page.failures > 1, "turns fail");
    assert([stage.guard, stage.keeper, program].every((pid) => stage.isThere(pid)));
    limit(stage.keeper, "--as=unlimited:");
    await eventually(() => stage.page.failures === 0, "it works again");
    await stage.rest();
    assertEquals(stage.page.program, program);
  },
};

/** Only root can try these. */
export const AS_ROOT: Record<string, Trial> = {
  "no process for a turn": async (stage) => {
    makeOpen(stage);
    stage.raise({ through: AS_NOBODY });
    await stage.rest();
    const program = await stage.program("sleep 1000");
    const most = hardLimit("Max processes");
    limit(stage.keeper, "--nproc=1:", AS_NOBODY);
    Deno.kill(stage.keeper, "SIGUSR1");
    await eventually(() => stage.page.failures > 1, "turns fail");
    assertEquals(stage.page.turnEnding, { how: "not forked", errno: EAGAIN });
    assert([stage.guard, stage.keeper, program].every((pid) => stage.isThere(pid)));
    limit(stage.keeper, `--nproc=${most}:`, AS_NOBODY);
    await eventually(() => stage.page.failures === 0, "it works again");
    await stage.rest();
    assertEquals(stage.page.program, program);
  },

  "no process for a keeper: it acts alone": async (stage) => {
    makeOpen(stage);
    const limited = ["prlimit", "--nproc=1:", "--"];
    stage.raise({ through: [...AS_NOBODY, ...limited] });
    assertEquals([stage.guard, stage.keeper], [0, stage.first]);
    await eventually(() => stage.page.failures > 1, "turns fail");
    assertEquals(statusOf(stage.keeper, "Name"), "imp-keeper");
    limit(stage.keeper, `--nproc=${hardLimit("Max processes")}:`, AS_NOBODY);
    await stage.rest();
    stage.file("pair");
    Deno.kill(stage.keeper, "SIGUSR1");
    await eventually(() => stage.page.guard === stage.first, "now it has one");
    stage.remove("pair");
    await stage.rest();
    await stage.leave();
  },
};

const AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];

/** Makes it writable for nobody too. */
function makeOpen({ home, directory }: Stage): void {
  for (const path of [home, `${home}/daemons`, directory]) Deno.chmodSync(path, 0o777);
}

/** Only the soft limit: raising the hard one requires privileges, and so does access to another user's process. */
function limit(pid: number, what: string, as: readonly string[] = []): void {
  const [program, ...args] = [...as, "prlimit", "--pid", `${pid}`, what];
  const { success } = new Deno.Command(program, { args }).outputSync();
  assert(success, `prlimit --pid ${pid} ${what}`);
}

function hardLimit(name: string): string {
  const limits = Deno.readTextFileSync("/proc/self/limits");
  return RegExp(`^${name}\\s+\\S+\\s+(\\S+)`, "m").exec(limits)![1];
}
