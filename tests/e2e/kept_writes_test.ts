// Commands and turns that are killed at each write of theirs: records are the old ones or the new ones, and all goes on.
import { assert, assertEquals } from "@std/assert";
import { readKeeperPage } from "../../src/keeper/waiter/keeper_page.ts";
import { readIntentRecord, readStateRecord } from "../../src/keeper/records/reading.ts";
import {
  endIfThere,
  eventually,
  exists,
  impBinary,
  isAlive,
  isLong,
  sideBySide,
  wordsOf,
} from "./harness.ts";
import { KeptDaemon } from "./kept_daemon.ts";
import { KeptHome } from "./keeping.ts";

const e2e = sideBySide();

/** The tracer has a signal sent as the process enters such a call for the n-th time. */
const CALLS = isLong
  ? ["mkdir", "write", "fsync", "renameat", "unlinkat", "flock"]
  : ["write", "fsync", "renameat"];

/** Every one of them in a long run, else some. */
function moments(): number[] {
  return isLong ? Array.from({ length: 30 }, (_, i) => 1 + i) : [1, 4];
}

function strace(call: string, when: number, what = "signal=SIGKILL"): string[] {
  const inject = `inject=${call}:${what}:when=${when}`;
  return ["strace", "-D", "-o", "/dev/null", "-e", `trace=${call}`, "-e", inject];
}

async function assertIntact(home: KeptHome, names: readonly string[]): Promise<void> {
  const listed = (await home.done("list", "--json")).split("\n").filter(Boolean)
    .map((line) => JSON.parse(line)) as { name: string; notes: string[]; state: string }[];
  for (const name of names) {
    const found = listed.find((one) => one.name === name);
    if (!found) throw new Error(`${name} is not listed`);
    assertEquals(found.notes.filter((note) => /damaged|unreadable|newer/.test(note)), []);
  }
  for (const { name } of listed) {
    const directory = `${home.path}/daemons/${name}`;
    for (const { is } of [readIntentRecord(directory), readStateRecord(directory)]) {
      assert(is === "read" || is === "missing", `${name}: ${is}`);
    }
  }
}

for (const command of ["start", "stop", "restart", "remove"] as const) {
  e2e(
    `kept: imp ${command} is killed at each of its writes: the list is intact, and it works again`,
    async (box) => {
      const home = new KeptHome(box);
      await home.start("other", "exec sleep 1000");
      const words = command === "remove" ? ["remove", "web", "--stop"] : [command, "web"];
      const start = ["start", "web", "--oknodo", "--", "sleep", "1001"];
      let killed = 0;
      for (const call of CALLS) {
        for (const when of moments()) {
          if (command !== "start") await home.done(...start);
          const argv = command === "start" ? ["start", "web", "--", "sleep", "1001"] : words;
          const ended = await box.run([...strace(call, when), impBinary(), ...argv], {
            env: home.env,
          });
          if (ended.code === 0) break;
          assertEquals(ended.signal, "SIGKILL", `${call} ${when}: ${ended.stderr}`);
          killed++;
          await assertIntact(home, ["other"]);
          // As if it had not been called, or had succeeded.
          await home.done(...start);
          await home.done("stop", "web");
          await assertIntact(home, ["other", "web"]);
          const directory = `${home.path}/daemons/web`;
          const left = [...Deno.readDirSync(directory)].map(({ name }) => name);
          assertEquals(left.filter((name) => name.startsWith(".")), []);
          if (command === "start") await home.done("remove", "web");
        }
        if (command === "start" && exists(`${home.path}/daemons/web`)) {
          await home.done("remove", "web", "--stop");
        }
      }
      assert(killed > 0, `${killed}`);
      await home.done("stop", "--all");
    },
    ["strace"],
  );
}

e2e(
  "kept: a turn is killed at each of its writes: one copy, and the records are intact",
  async (box) => {
    const web = new KeptDaemon(box);
    const wrapper = box.script(
      "traced",
      `#!/bin/bash
if [ -e ${box.path("when")} ]; then
  read -r call when <${box.path("when")}
  exec strace -D -o /dev/null -e trace=$call -e inject=$call:signal=SIGKILL:when=$when "${impBinary()}" "$@"
fi
exec "${impBinary()}" "$@"
`,
    );
    const words = ["sleep", "1001"];
    web.settle({ words, startMs: 0, backoff: { firstMs: 1, mostMs: 1 } });
    web.want("run");
    const { keeper } = web.raise([wrapper, "keeper-turn", web.place.directory]);
    await web.reaches("running");
    const copies = () => box.processes().filter((pid) => wordsOf(pid).join(" ") === "sleep 1001");
    const runsAgain = (than: number) =>
      web.reaches("running", () => web.pid !== than && isAlive(web.pid));
    let killed = 0;
    for (const call of CALLS) {
      for (const when of moments()) {
        const { pid } = web;
        Deno.writeTextFileSync(box.path("when"), `${call} ${when}\n`);
        endIfThere(pid);
        const failures = () => readKeeperPage(keeper.pid)?.failures ?? 0;
        await eventually(
          () => failures() > 0 || web.pid !== pid && web.state()?.phase === "running",
          "the turn is killed, or comes through",
        );
        const wasKilled = failures() > 0;
        Deno.removeSync(box.path("when"));
        await runsAgain(pid);
        assertEquals(copies(), [web.pid]);
        if (!wasKilled) break;
        killed++;
      }
    }
    assert(killed > 0, `${killed}`);
    await web.stop();
  },
  ["strace"],
);

e2e(
  "kept: a start that fails after it has stopped what ran says so; an interrupted lock is taken",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("web", "exec sleep 1000");
    const run = (argv: string[]) => box.run(argv, { env: home.env });
    const failing = strace("timerfd_create", 1, "error=EMFILE");
    const words = ["start", "web", "--replace", "--", "sleep", "1001"];
    const failed = await run([...failing, impBinary(), ...words]);
    assertEquals(failed.code, 125);
    assertEquals(failed.stderr.split("\n"), [
      "imp start: cannot make a timer: EMFILE (too many open files)",
      "  it was stopped for this, and does not run; imp start web starts it as before",
      "  raise the limit of open files: 'ulimit -n'",
      "",
    ]);
    assertEquals(box.processes(), []);
    const interrupted = strace("flock", 1, "error=EINTR");
    const stopped = await run([...interrupted, impBinary(), "stop", "web"]);
    assertEquals([stopped.code, stopped.stdout], [0, "web: not running\n"], stopped.stderr);
  },
  ["strace"],
);
