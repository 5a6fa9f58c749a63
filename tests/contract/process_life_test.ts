import { O_CREAT, O_WRONLY } from "../../src/libc/abi.ts";
import { readLink, readTextOrNothing } from "../../src/libc/descriptors/files.ts";
import { sendSignal } from "../../src/libc/processes/signals.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { listDirectory, statPath } from "../../src/libc/descriptors/stat.ts";
import { type Ending, tryWait } from "../../src/libc/processes/wait.ts";
import { closeFile, openFile } from "../../src/libc/descriptors/files.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes, test } from "./harness.ts";
import { eventually, programCommand, withDirectory } from "./support.ts";

const PROGRAM = "tests/fixtures/multiprocessing/life.ts";
const SIGINT = 2, SIGKILL = 9, SIGTERM = 15;

/** A number of seconds that no other sleep on this machine has. */
let marks = 0;
const newMark = () => `${86_400 + marks++}.${String(Math.random()).slice(2, 12)}`;

/** Everything that belongs to a run: processes with the mark, or the directory, among their words. */
function members(...words: string[]): number[] {
  return (listDirectory("/proc") as string[]).map(Number).filter((pid) => {
    if (!(pid > 0)) return false;
    const line = readTextOrNothing(`/proc/${pid}/cmdline`) ?? "";
    return line.split("\0").some((word) => words.includes(word));
  });
}

interface Run {
  ending: Ending;
  stderr: string;
  /** Whether the plain process had ended before the program did. */
  waitedFor: boolean;
  directory: string;
}

/** Runs a program to its end and proves that nothing of it is left. */
async function runLife(how: string, signal?: number): Promise<Run> {
  let run: Run | undefined;
  await withDirectory(async (directory) => {
    const mark = newMark();
    const argv = programCommand(PROGRAM, how, directory, mark);
    const output = openFile(`${directory}/stderr`, O_CREAT | O_WRONLY);
    const env = Object.entries(runtime.environment()).map(([name, value]) => `${name}=${value}`);
    const pid = spawn({ path: argv[0], argv, env, descriptors: [[output, 2]] });
    closeFile(output);
    assert(pid > 0);
    try {
      if (signal) {
        await eventually(() => typeof statPath(`${directory}/ready`) !== "string", "ready");
        sendSignal(pid, signal);
      }
      const ending = await endOf(pid);
      const waitedFor = typeof statPath(`${directory}/done`) !== "string";
      const daemonic = Number(readTextOrNothing(`${directory}/family`));
      await eventually(
        () => members(mark).length === 0 && !isRunning(daemonic, directory),
        "the daemonic process and all that it has started are gone",
      );
      if (!waitedFor && how !== "nested" && how !== "served") {
        await eventually(
          () => typeof statPath(`${directory}/done`) !== "string",
          "the plain one goes on",
        );
      }
      run = {
        ending,
        stderr: readTextOrNothing(`${directory}/stderr`) ?? "",
        waitedFor,
        directory,
      };
    } finally {
      for (const left of members(mark)) sendSignal(left, SIGKILL);
    }
  });
  return run!;
}

/** A daemonic process that is this run's: PIDs may be used again. */
function isRunning(pid: number, directory: string): boolean {
  const state = /\) (\S)/.exec(readTextOrNothing(`/proc/${pid}/stat`) ?? "")?.[1];
  if (state === undefined || "ZX".includes(state)) return false;
  return Object.values(listDirectory(`/proc/${pid}/fd`)).some((fd) =>
    (readLink(`/proc/${pid}/fd/${fd}`) ?? "").startsWith(directory)
  );
}

async function endOf(pid: number): Promise<Ending> {
  let reaped: ReturnType<typeof tryWait>;
  await eventually(() => (reaped = tryWait(pid)) !== "running", "the program ends", 30_000);
  return (reaped as { ending: Ending }).ending;
}

const exit = (code: number): Ending => ({ how: "exit", code });

test("main comes to its end: daemonic trees are ended, then plain processes waited for", async () => {
  const { ending, waitedFor, stderr } = await runLife("return");
  assertEquals([ending, waitedFor, stderr], [exit(0), true, ""]);
});

test("main ends by exit: the same, and the status stays", async () => {
  const { ending, waitedFor } = await runLife("exit");
  assertEquals([ending, waitedFor], [exit(3), true]);
});

test("main ends by an error that nobody caught: the same", async () => {
  for (const how of ["throw", "late-throw", "reject"]) {
    const { ending, waitedFor, stderr } = await runLife(how);
    assertEquals([ending, waitedFor], [exit(1), true], how);
    assertStringIncludes(stderr, how === "reject" ? "rejected" : "thrown");
  }
});

test("main is ended by a signal, waiting or busy: daemonic trees go with it, plain ones go on", async () => {
  for (
    const [how, signal] of [["wait", SIGTERM], ["wait", SIGINT], ["wait", SIGKILL], [
      "busy",
      SIGKILL,
    ]] as const
  ) {
    const { ending, waitedFor } = await runLife(how, signal);
    assertEquals(
      [ending, waitedFor],
      [{ how: "signal", signal, core: false }, false],
      `${how} ${signal}`,
    );
  }
});

test("main ends by exit while a plain process waits for what only main can give: an error, no hang", async () => {
  const { ending, stderr } = await runLife("served");
  assertEquals(ending, exit(3));
  assertMatch(stderr, /^got 1\nProcess Process-1:\nOwnerDied: /);
});

test("a plain process of main ends by the same rules", async () => {
  assertEquals((await runLife("nested")).ending, exit(0));
});

test("a daemonic process that takes no notice of SIGTERM is killed after the grace", async () => {
  const started = runtime.now();
  const { ending, waitedFor } = await runLife("stubborn");
  assertEquals([ending, waitedFor], [exit(0), true]);
  assert(runtime.now() - started >= 5000);
});
