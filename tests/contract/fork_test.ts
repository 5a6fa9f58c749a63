import { LOCK_EX, LOCK_NB, O_CREAT, O_RDONLY, O_RDWR } from "../../src/libc/abi.ts";
import { O_DIRECTORY } from "../../src/libc/machine.ts";
import type { ChildStep } from "../../src/libc/processes/child_program.ts";
import { errnoName } from "../../src/libc/calling/errno.ts";
import {
  closeFile,
  moveUp,
  openFile,
  readTextOrNothing,
  writeAll,
} from "../../src/libc/descriptors/files.ts";
import { forkAndExecute } from "../../src/libc/processes/fork.ts";
import { getLimit, RESOURCES } from "../../src/libc/users/limits.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { allocate } from "../../src/libc/calling/memory.ts";
import { becomeSubreaper, closeOnExecFrom } from "../../src/libc/processes/process.ts";
import {
  ignoreSignal,
  resetSignal,
  setSignalMask,
  signalSet,
} from "../../src/libc/processes/signals.ts";
import { parseStat, readStat } from "../../src/procfs/stat.ts";
import { tryWait } from "../../src/libc/processes/wait.ts";
import { assert, assertEquals, assertMatch, assertThrows, test } from "./harness.ts";
import {
  children,
  descriptors,
  end,
  ENVIRONMENT,
  eventually,
  isRoot,
  output,
  relations,
  signalsIn,
  SLEEP,
  startBySteps,
  statusField,
  withDirectory,
} from "./support.ts";
import { skip } from "../skip.ts";

// Orphans come here, so that the tests can see and reap what is left of a second fork.
becomeSubreaper();
// Deno runs all files in one process: what the others orphan is init's again, and no zombie of theirs stays here.
globalThis.addEventListener?.(
  "unload",
  () => libc("prctl").prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0),
);
closeOnExecFrom(3);

const PR_SET_CHILD_SUBREAPER = 36;
const NOBODY = 65_534;
const NEVER_OPEN = 9999;
const SLEEPING = {
  do: "execute" as const,
  path: SLEEP,
  argv: [SLEEP, "1000"],
  env: ENVIRONMENT,
} satisfies ChildStep;
/** As an ordinary user, also where the tests run as root. */
const asUser: ChildStep[] = isRoot
  ? [{ do: "groups", gids: [] }, { do: "gid", gid: NOBODY }, { do: "uid", uid: NOBODY }]
  : [];

const limit = (resource: string, soft: number, hard: number): ChildStep => ({
  do: "limit",
  resource: RESOURCES[resource][0],
  limit: { soft, hard },
});

const executing = (path: string): ChildStep => ({ ...SLEEPING, path });

/** Runs steps that must not succeed. */
function failure(steps: readonly ChildStep[]): [step: ChildStep, code: string] {
  const outcome = forkAndExecute(steps);
  if ("failed" in outcome) return [outcome.failed, errnoName(outcome.code)];
  end(outcome.pid);
  throw new Error("no step failed");
}

/** Reaps what has ended. @returns the children that have not */
function living(): number[] {
  return children().filter((pid) => tryWait(pid) === "running");
}

async function assertNothingLeft(): Promise<void> {
  await eventually(() => living().length === 0, "every forked process has ended");
}

/** Ends whatever `work` has started, also when it fails. */
async function thenEndAll(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    for (const pid of living()) end(pid);
    await assertNothingLeft();
  }
}

/** Runs a program by these steps, looks at it, and ends it. */
async function withForked(
  steps: readonly ChildStep[],
  look: (pid: number) => void,
): Promise<void> {
  const pid = startBySteps([...steps, SLEEPING]);
  await eventually(
    // Asleep: before that its loader still opens and closes libraries.
    () =>
      readTextOrNothing(`/proc/${pid}/cmdline`)?.startsWith(SLEEP) === true &&
      relations(pid).state === "S",
    "the program is executed",
  );
  try {
    look(pid);
  } finally {
    await eventually(() => relations(pid).ppid === libc("getpid").getpid(), "adopted");
    end(pid);
    await assertNothingLeft();
  }
}

/** A step that must fail, by itself and behind a second fork. */
async function assertFails(step: ChildStep, code: string, before: ChildStep[] = []): Promise<void> {
  const after = step.do === "execute" ? [] : [SLEEPING];
  for (const forks of [[], [{ do: "setsid" }, { do: "fork" }]] as ChildStep[][]) {
    assertEquals(failure([...forks, ...before, step, ...after]), [step, code]);
    await assertNothingLeft();
  }
}

test("what a child that failed had inherited is closed when its failure is known: a lock is free", async () => {
  await thenEndAll(async () => {
    await withDirectory((at) => {
      for (let round = 0; round < 8; round++) {
        const lock = openFile(`${at}/lock`, O_RDWR | O_CREAT, 0o600);
        assertEquals(libc("flock").flock(lock, LOCK_EX | LOCK_NB), 0);
        const steps: ChildStep[] = [{ do: "setsid" }, { do: "fork" }, {
          do: "dup2",
          from: lock,
          to: 3,
        }];
        assertEquals(failure([...steps, executing(`${at}/missing`)])[1], "ENOENT");
        closeFile(lock);
        const again = openFile(`${at}/lock`, O_RDWR);
        assertEquals([round, libc("flock").flock(again, LOCK_EX | LOCK_NB)], [round, 0]);
        closeFile(again);
      }
    });
  });
});

test("fork: the textbook's steps make a daemon", async () => {
  const own = relations("self");
  await withForked([{ do: "setsid" }, { do: "fork" }, { do: "reset-signals" }], (pid) => {
    const { pgid, sid, tty } = relations(pid);
    assertEquals([pgid, tty], [sid, 0]);
    assert(sid !== pid && sid !== own.sid);
    assertEquals(relations(sid).state, "");
  });
});

test("fork: without the second fork the program leads its session and is this process' child", async () => {
  await withForked([{ do: "setsid" }], (pid) => {
    const { ppid, pgid, sid } = relations(pid);
    assertEquals([ppid, pgid, sid], [libc("getpid").getpid(), pid, pid]);
  });
});

test("fork: every setting reaches the program", async () => {
  await withDirectory(async (at) => {
    const [input, log, kept] = ["input", "log", "kept"].map((name) =>
      moveUp(openFile(`${at}/${name}`, O_RDWR | O_CREAT), 50)
    );
    const steps: ChildStep[] = [
      { do: "setsid" },
      { do: "fork" },
      { do: "umask", mask: 0o137 },
      { do: "chdir", path: at },
      { do: "dup2", from: input, to: 0 },
      { do: "dup2", from: log, to: 1 },
      { do: "dup2", from: log, to: 2 },
      { do: "dup2", from: log, to: 7 },
      { do: "keep", fd: kept },
      { do: "reset-signals" },
      { do: "nice", value: 19 },
      limit("nofile", 100, 101),
      limit("core", 0, 0),
    ];
    await withForked(steps, (pid) => {
      assertEquals(statusField(pid, "Umask"), "0137");
      const files = { 0: "input", 1: "log", 2: "log", 7: "log", [kept]: "kept" };
      const paths = Object.entries(files).map(([fd, name]) => [fd, `${at}/${name}`]);
      assertEquals(descriptors(pid), Object.fromEntries(paths));
      const stat = readTextOrNothing(`/proc/${pid}/stat`)!.split(" ");
      assertEquals(stat[18], "19");
      const limits = readTextOrNothing(`/proc/${pid}/limits`)!;
      assertMatch(limits, /^Max open files +100 +101 /m);
      assertMatch(limits, /^Max core file size +0 +0 /m);
    });
    for (const fd of [input, log, kept]) closeFile(fd);
  });
});

test("fork: redirections may use any number, that of the pipe to the parent too", async () => {
  const nothing = moveUp(openFile("/dev/null", O_RDWR), 100);
  const targets = Array.from({ length: 97 }, (_, i) => i + 3);
  const steps = targets.map((to): ChildStep => ({ do: "dup2", from: nothing, to }));
  await withForked([{ do: "setsid" }, { do: "fork" }, ...steps], (pid) => {
    const found = Object.keys(descriptors(pid)).map(Number);
    assertEquals(found, [0, 1, 2, ...targets]);
    assertEquals(living(), [pid]);
  });
  closeFile(nothing);
});

test("fork: mask and dispositions are the default ones, whatever this process has", async () => {
  const SIGHUP = 1, SIGUSR2 = 12;
  ignoreSignal(SIGHUP);
  ignoreSignal(SIGUSR2);
  const mask = setSignalMask(signalSet([2, 15, 34, 64]));
  const seen = () => ["SigBlk", "SigIgn", "SigCgt"].map((name) => statusField("thread-self", name));
  const before = seen();
  try {
    await withForked([{ do: "reset-signals" }], (pid) => {
      const fields = ["SigBlk", "SigIgn", "SigCgt"].map((name) => statusField(pid, name));
      assertEquals(fields.map(signalsIn), [[], [], []]);
    });
    assertEquals(seen(), before);
  } finally {
    setSignalMask(mask);
    resetSignal(SIGHUP);
    resetSignal(SIGUSR2);
  }
});

test("fork: each step that fails is told, with its errno, and nothing is left", async () => {
  await withDirectory(async (at) => {
    const file = openFile(`${at}/file`, O_RDWR | O_CREAT);
    await assertFails({ do: "setsid" }, "EPERM", [{ do: "setsid" }]);
    await assertFails({ do: "fork" }, "EAGAIN", [...asUser, limit("nproc", 0, 0)]);
    await assertFails({ do: "chdir", path: `${at}/missing` }, "ENOENT");
    await assertFails({ do: "chdir", path: `${at}/file` }, "ENOTDIR");
    await assertFails({ do: "fchdir", fd: NEVER_OPEN }, "EBADF");
    await assertFails({ do: "fchdir", fd: file }, "ENOTDIR");
    await assertFails({ do: "dup2", from: NEVER_OPEN, to: 0 }, "EBADF");
    await assertFails({ do: "keep", fd: NEVER_OPEN }, "EBADF");
    await assertFails(limit("nofile", 2, 1), "EINVAL");
    await assertFails(limit("nofile", 0, Infinity), "EPERM");
    closeFile(file);
  });
});

test("fork: each step that only root may do is refused to others by name", async () => {
  const { hard } = getLimit(RESOURCES.core[0]);
  await assertFails({ do: "chroot", path: "/" }, "EPERM", asUser);
  await assertFails({ do: "nice", value: -5 }, "EACCES", asUser);
  await assertFails({ do: "groups", gids: [0] }, "EPERM", asUser);
  await assertFails({ do: "gid", gid: 0 }, "EPERM", asUser);
  await assertFails({ do: "uid", uid: 0 }, "EPERM", asUser);
  if (hard > 1) await assertFails(limit("core", 0, 2), "EPERM", [limit("core", 0, 1), ...asUser]);
});

test("fork: root's steps that fail are told too", async (name) => {
  if (!isRoot) return skip(name, "it needs root");
  await assertFails({ do: "chroot", path: "/nonexistent" }, "ENOENT");
  await assertFails({ do: "groups", gids: new Array(65_537).fill(1) }, "EINVAL");
  await assertFails({ do: "gid", gid: 0xffff_ffff }, "EINVAL");
  await assertFails({ do: "uid", uid: 0xffff_ffff }, "EINVAL");
});

test("fork: another user with all groups, another root directory", async (name) => {
  if (!isRoot) return skip(name, "it needs root");
  const steps: ChildStep[] = [
    { do: "setsid" },
    { do: "fork" },
    { do: "groups", gids: [7, 65_533] },
    { do: "gid", gid: 4_000_000_000 },
    { do: "uid", uid: 4_000_000_001 },
  ];
  await withForked(steps, (pid) => {
    assertEquals(statusField(pid, "Uid").split("\t"), new Array(4).fill("4000000001"));
    assertEquals(statusField(pid, "Gid").split("\t"), new Array(4).fill("4000000000"));
    assertEquals(statusField(pid, "Groups").trim(), "7 65533");
  });
  const inside = failure([{ do: "chroot", path: "/proc/self/fd" }, SLEEPING]);
  assertEquals(inside, [SLEEPING, "ENOENT"]);
});

test("fork: why a program cannot be executed", async () => {
  await withDirectory(async (at) => {
    const script = `cd "$1" && printf 'echo\\n' >text && chmod 755 text && touch plain && mkdir x`;
    await output("sh", "-c", script, "sh", at);
    for (
      const [name, code] of [
        ["missing", "ENOENT"],
        ["plain", "EACCES"],
        ["x", "EACCES"],
        ["text", "ENOEXEC"],
        ["plain/x", "ENOTDIR"],
      ]
    ) await assertFails(executing(`${at}/${name}`), code);
    await assertFails({ ...SLEEPING, argv: ["x".repeat(200_000)] }, "E2BIG");
  });
});

test("fork: candidates are tried in turn while they are missing or forbidden", async () => {
  await withDirectory(async (at) => {
    await output(
      "sh",
      "-c",
      `cd "$1" && touch plain && printf 'x\\n' >text && chmod 755 text`,
      "sh",
      at,
    );
    const tried = [
      executing(`${at}/missing`),
      executing(`${at}/plain`),
      executing(`${at}/plain/x`),
    ];
    await withForked(tried, () => {});
    // Any other error ends the search, as in execvp(3).
    const text = executing(`${at}/text`);
    assertEquals(failure([...tried, text, SLEEPING]), [text, "ENOEXEC"]);
    const last = executing(`${at}/missing2`);
    assertEquals(failure([executing(`${at}/missing`), last]), [last, "ENOENT"]);
    await assertNothingLeft();
  });
});

test("fork: a forbidden candidate is told before a missing one, as execvp(3) has it", async () => {
  await withDirectory(async (at) => {
    await output("sh", "-c", `touch "$1/plain"`, "sh", at);
    const plain = executing(`${at}/plain`);
    const tried = [executing(`${at}/missing`), plain, executing(`${at}/missing2`)];
    assertEquals(failure(tried), [plain, "EACCES"]);
    await assertNothingLeft();
  });
});

test("fork: forty daemons in a row, each a true one, and nothing else is left", async () => {
  const directory = openFile("/", O_RDONLY | O_DIRECTORY);
  const nothing = openFile("/dev/null", O_RDWR);
  const steps: ChildStep[] = [
    { do: "setsid" },
    { do: "fork" },
    { do: "umask", mask: 0o22 },
    { do: "fchdir", fd: directory },
    { do: "dup2", from: nothing, to: 0 },
    { do: "dup2", from: nothing, to: 1 },
    { do: "dup2", from: nothing, to: 2 },
    { do: "reset-signals" },
    SLEEPING,
  ];
  await thenEndAll(async () => {
    const open = Object.keys(descriptors("self")).length;
    const pids = Array.from({ length: 40 }, () => startBySteps(steps));
    // Fewer is possible: a runtime closes what its helpers have left when it likes.
    assert(Object.keys(descriptors("self")).length <= open);
    await eventually(() => living().length === 40, "every middle process has ended");
    await eventually(() => pids.every((pid) => relations(pid).state === "S"), "all sleep");
    assertEquals(living().sort(), pids.sort());
    for (const pid of pids) {
      const { pgid, sid, tty } = relations(pid);
      assert(pgid === sid && sid !== pid && tty === 0, `pid ${pid}`);
      assertEquals(descriptors(pid), { 0: "/dev/null", 1: "/dev/null", 2: "/dev/null" });
    }
  });
  closeFile(directory);
  closeFile(nothing);
});

test("fork: it works while the collector is busy", async () => {
  await thenEndAll(async () => {
    let garbage: unknown = null;
    for (let i = 0; i < 60; i++) {
      for (let n = 0; n < 2000; n++) garbage = [garbage, new Array(10), `${n}`];
      garbage = new Uint8Array(1_000_000);
      startBySteps([{ do: "setsid" }, { do: "fork" }, SLEEPING]);
    }
    await eventually(() => living().length === 60, "every middle process has ended");
  });
});

test("fork: the child writes down who it is before it becomes the program", async () => {
  await withDirectory(async (at) => {
    const directory = moveUp(openFile(at, O_RDONLY | O_DIRECTORY), 50);
    const log = moveUp(openFile(`${at}/log`, O_RDWR | O_CREAT), 50);
    writeAll(log, "old\n");
    const record: ChildStep[] = [
      { do: "setsid" },
      { do: "fork" },
      { do: "own-stat", to: log, at: 2 },
      { do: "own-pid", directory, working: "new", name: "now" },
    ];
    await withForked(record, (pid) => {
      assertEquals(readTextOrNothing(`${at}/now`), `${pid}\n`);
      assertEquals(readTextOrNothing(`${at}/new`), undefined);
      const noted = parseStat(readTextOrNothing(`${at}/log`)!.slice(2));
      assertEquals([noted?.pid, noted?.startTicks], [pid, readStat(pid)?.startTicks]);
    });
    await withForked([{ do: "truncate", fd: log }], () => {
      assertEquals(readTextOrNothing(`${at}/log`), "");
    });
    const map = moveUp(openFile(`${at}/map`, O_RDWR | O_CREAT), 50);
    await withForked([{ do: "write", fd: map, text: "0 0 1\n" }], () => {
      assertEquals(readTextOrNothing(`${at}/map`), "0 0 1\n");
    });
    for (const fd of [directory, log, map]) closeFile(fd);
  });
});

test("fork: a variable says the PID of the program itself, behind a second fork, too", async () => {
  await thenEndAll(async () => {
    const twice: ChildStep[] = [{ do: "setsid" }, { do: "fork" }];
    for (const forks of [[], twice]) {
      const env = [...ENVIRONMENT, "OWN_PID=", "AFTER=1"];
      const own = { do: "own-pid-variable", name: "OWN_PID", env } as const;
      const pid = startBySteps([...forks, own, { ...SLEEPING, env }]);
      await eventually(
        () => readTextOrNothing(`/proc/${pid}/cmdline`)?.startsWith(SLEEP) === true,
        "the program is executed",
      );
      const words = readTextOrNothing(`/proc/${pid}/environ`)?.split("\0");
      assertEquals(words, [...ENVIRONMENT, `OWN_PID=${pid}`, "AFTER=1", ""]);
      libc("kill").kill(pid, 9);
    }
  });
});

test("fork: whatever has the working name of a pidfile is neither written to nor waited for", async () => {
  await withDirectory(async (at) => {
    const directory = moveUp(openFile(at, O_RDONLY | O_DIRECTORY), 50);
    const other = openFile(`${at}/other`, O_RDWR | O_CREAT);
    writeAll(other, "other\n");
    closeFile(other);
    for (const prepare of [["ln"], ["ln", "-s"], ["mkfifo"]]) {
      await output(...prepare, ...prepare[0] === "ln" ? [`${at}/other`] : [], `${at}/new`);
      await withForked([{ do: "own-pid", directory, working: "new", name: "now" }], (pid) => {
        assertEquals(readTextOrNothing(`${at}/now`), `${pid}\n`);
        assertEquals(readTextOrNothing(`${at}/other`), "other\n");
      });
    }
    closeFile(directory);
  });
});

test("fork: what the child cannot write down or may not execute is told, and nothing runs", async () => {
  await withDirectory(async (at) => {
    const directory = moveUp(openFile(at, O_RDONLY | O_DIRECTORY), 50);
    const readable = moveUp(openFile(`${at}/plain`, O_RDONLY | O_CREAT, 0o644), 50);
    await assertFails({ do: "own-pid", directory, working: "no/new", name: "now" }, "ENOENT");
    await assertFails({ do: "own-pid", directory, working: "new", name: "." }, "EBUSY");
    await assertFails({ do: "own-stat", to: readable, at: 0 }, "EBADF");
    await assertFails({ do: "truncate", fd: readable }, "EINVAL");
    await assertFails({ do: "write", fd: readable, text: "0" }, "EBADF");
    await assertFails({ do: "may-execute", path: `${at}/plain` }, "EACCES");
    await assertFails({ do: "may-execute", path: `${at}/missing` }, "ENOENT");
    closeFile(directory);
    closeFile(readable);
  });
});

test("fork: nothing stays in memory", () => {
  const place = () => allocate(16).address;
  const env = new Array(100).fill("BIG=" + "x".repeat(1000));
  const before = place();
  for (let i = 0; i < 10; i++) {
    failure([{ do: "chdir", path: "/nonexistent" }, { ...SLEEPING, env }]);
  }
  assertEquals(place(), before + 16);
});

test("fork: steps that make no sense are refused before anything is forked", () => {
  assertThrows(() => forkAndExecute([{ do: "dup2", from: 5, to: 5 }, SLEEPING]));
  assertEquals(children(), []);
});
