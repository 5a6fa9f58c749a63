import { O_CREAT, O_RDWR, O_WRONLY } from "../../src/libc/abi.ts";
import { errnoName } from "../../src/libc/calling/errno.ts";
import {
  closeFile,
  moveUp,
  openFile,
  readFile,
  readLink,
  readTextOrNothing,
} from "../../src/libc/descriptors/files.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { allocate } from "../../src/libc/calling/memory.ts";
import { closeOnExecFrom } from "../../src/libc/processes/process.ts";
import {
  ignoreSignal,
  resetSignal,
  setSignalMask,
  signalSet,
} from "../../src/libc/processes/signals.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { openTerminal } from "../../src/libc/descriptors/tty.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { runtime } from "../../src/runtime/mod.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertThrows,
  test,
} from "./harness.ts";
import {
  children,
  descriptors,
  end,
  ENVIRONMENT,
  output,
  perform,
  playRole,
  relations,
  SHELL,
  signalsIn,
  SLEEP,
  start,
  statusField,
  text,
  told,
  withChild,
  withDirectory,
} from "./support.ts";

const SIGHUP = 1, SIGUSR2 = 12;
const LONG = { argv: [SLEEP, "1000"] };

// What the tests were started with does not matter here.
closeOnExecFrom(3);

await playRole({
  "beyond": () => {
    const RLIMIT_NOFILE = 7, LIMIT = 100;
    const fd = moveUp(openFile("/dev/null", O_RDWR), 2 * LIMIT);
    const limits = allocate(16);
    for (const at of [0, 8]) limits.view.setBigUint64(at, BigInt(LIMIT), true);
    libc("setrlimit").setrlimit(RLIMIT_NOFILE, limits.address);
    const pid = start({ ...LONG, descriptors: [[fd, fd]] });
    const passed = descriptors(pid)[fd];
    end(pid);
    const info = readTextOrNothing(`/proc/self/fdinfo/${fd}`)!;
    return { passed, ownFlags: /^flags:\s+(\d+)$/m.exec(info)![1] };
  },
});

/** The errno name of a program that cannot be started. */
function refusal(path: string, argv: readonly string[] = [path]): string {
  const pid = spawn({ path, argv, env: ENVIRONMENT });
  if (pid > 0) end(pid);
  return pid > 0 ? "started" : errnoName(-pid);
}

test("spawn: why a program cannot be executed", async () => {
  await withDirectory(async (at) => {
    const script = `cd "$1" && printf 'echo hello\\n' >text && chmod 755 text && touch plain &&
      mkdir folder && ln -s loop loop && cp ${SLEEP} busy &&
      printf '#!/no/such/interpreter\\n' >lost && chmod 755 lost`;
    await output("sh", "-c", script, "sh", at);
    assertEquals(refusal(`${at}/missing`), "ENOENT");
    assertEquals(refusal(`${at}/lost`), "ENOENT");
    assertEquals(refusal(`${at}/plain`), "EACCES");
    assertEquals(refusal(`${at}/folder`), "EACCES");
    assertEquals(refusal(`${at}/text`), "ENOEXEC");
    assertEquals(refusal(`${at}/plain/x`), "ENOTDIR");
    assertEquals(refusal(`${at}/loop`), "ELOOP");
    assertEquals(refusal(SLEEP, [SLEEP, "x".repeat(200_000)]), "E2BIG");
    const writer = openFile(`${at}/busy`, O_WRONLY);
    assertEquals(refusal(`${at}/busy`), "ETXTBSY");
    closeFile(writer);
  });
  assertEquals(children(), []);
});

test("spawn: when it returns, the program is no longer this one", () => {
  for (let i = 0; i < 50; i++) {
    const pid = start(LONG);
    const executable = readLink(`/proc/${pid}/exe`);
    end(pid);
    assertMatch(executable ?? "", /sleep|busybox|coreutils/);
  }
});

test("spawn: arguments and environment arrive byte for byte", async () => {
  const odd = new Uint8Array([0x41, 0x3d, 0xff, 0x80]);
  // The shell stops itself: it has no child that would be left.
  const argv = [SHELL, "-c", "kill -STOP $$", "", "größe", "a\nb", odd];
  await withChild({ path: SHELL, argv, env: ["EMPTY=", "B=守护", odd] }, (pid) => {
    const words = [...bytes(SHELL), 0, ...bytes("-c"), 0, ...bytes("kill -STOP $$"), 0, 0];
    const more = [...bytes("größe"), 0, ...bytes("a\nb"), 0, ...odd, 0];
    assertEquals([...readFile(`/proc/${pid}/cmdline`)], [...words, ...more]);
    const environment = [...bytes("EMPTY="), 0, ...bytes("B=守护"), 0, ...odd, 0];
    assertEquals([...readFile(`/proc/${pid}/environ`)], environment);
  });
  await withChild({ argv: [SLEEP, "1000"], env: [] }, (pid) => {
    assertEquals(readFile(`/proc/${pid}/environ`).length, 0);
  });
});

function bytes(word: string): Uint8Array {
  return new TextEncoder().encode(word);
}

test("spawn: descriptors are those that were asked for, and no others of this process", async () => {
  await withDirectory(async (at) => {
    const [a, b, kept] = ["a", "b", "kept"].map((name) =>
      openFile(`${at}/${name}`, O_RDWR | O_CREAT)
    );
    const wanted: [number, number][] = [[a, 0], [b, 1], [b, 2], [a, 59], [kept, kept]];
    await withChild({ ...LONG, descriptors: wanted }, (pid) => {
      assertEquals(descriptors(pid), {
        0: `${at}/a`,
        1: `${at}/b`,
        2: `${at}/b`,
        59: `${at}/a`,
        [kept]: `${at}/kept`,
      });
    });
    for (const fd of [a, b, kept]) closeFile(fd);
  });
});

test("spawn: without a word about descriptors only 0, 1 and 2 are passed on", async () => {
  const own = descriptors("self");
  await withChild(LONG, (pid) => {
    assertEquals(descriptors(pid), { 0: own[0], 1: own[1], 2: own[2] });
  });
  await withChild({ ...LONG, close: [0, 2] }, (pid) => {
    assertEquals(descriptors(pid), { 1: own[1] });
  });
});

test("spawn: a descriptor that is not open is an error, not a surprise", () => {
  // The second is beyond any limit: libc refuses such a number before it starts anything.
  for (const neverOpen of [999, 2_000_000_000]) {
    const pid = spawn({ path: SLEEP, argv: [SLEEP], env: [], descriptors: [[neverOpen, 0]] });
    assertEquals(errnoName(-pid), "EBADF");
  }
});

test("spawn: a descriptor that an earlier one replaces is refused, not mistaken", () => {
  const descriptors: [number, number][] = [[0, 59], [59, 1]];
  assertThrows(() => spawn({ path: SLEEP, argv: [SLEEP], env: [], descriptors }), RangeError);
});

test("spawn: a descriptor beyond the limit, from before it was lowered, is passed on", async () => {
  assertEquals(told(await perform(import.meta, "beyond")), {
    passed: "/dev/null",
    ownFlags: "02100002",
  });
});

test("spawn: as it is, a child shares session and group", async () => {
  const own = relations("self");
  await withChild(LONG, (pid) => {
    const { ppid, pgid, sid, tty } = relations(pid);
    assertEquals([ppid, pgid, sid, tty], [
      libc("getpid").getpid(),
      own.pgid,
      own.sid,
      own.tty,
    ]);
  });
});

test("spawn: a session of its own, whose leader it is, without a terminal", async () => {
  await withChild({ ...LONG, newSession: true }, (pid) => {
    const { pgid, sid, tty } = relations(pid);
    assertEquals([pgid, sid, tty], [pid, pid, 0]);
  });
});

test("spawn: a group of its own, and another one joins it", async () => {
  await withChild({ ...LONG, group: 0 }, async (leader) => {
    assertEquals([relations(leader).pgid, relations(leader).sid], [leader, relations("self").sid]);
    await withChild({ ...LONG, group: leader }, (member) => {
      assertEquals(relations(member).pgid, leader);
    });
  });
  const NO_GROUP = 0x3fff_ffff;
  const pid = spawn({ path: SLEEP, argv: [SLEEP], env: [], group: NO_GROUP });
  assertEquals(errnoName(-pid), "EPERM");
});

test("spawn: a terminal becomes the controlling one of a new session", async () => {
  const { master, path } = openTerminal({ rows: 24, columns: 80 });
  const descriptorsOfIt: [number, number][] = [[0, 1], [0, 2]];
  const request = { ...LONG, newSession: true, terminal: path, descriptors: descriptorsOfIt };
  await withChild(request, (pid) => {
    const { sid, tty } = relations(pid);
    assertEquals(sid, pid);
    assertNotEquals(tty, 0);
    assertEquals(descriptors(pid), { 0: path, 1: path, 2: path });
  });
  closeFile(master);
});

test("spawn: mask and dispositions are the default ones, whatever this process has", async () => {
  ignoreSignal(SIGHUP);
  ignoreSignal(SIGUSR2);
  const mask = setSignalMask(signalSet("all"));
  try {
    await withChild(LONG, (pid) => {
      const fields = ["SigBlk", "SigIgn", "SigCgt"].map((name) => statusField(pid, name));
      assertEquals(fields.map(signalsIn), [[], [], []]);
    });
    await withChild({ ...LONG, keepIgnored: [SIGHUP] }, (pid) => {
      assertEquals(signalsIn(statusField(pid, "SigIgn")), [SIGHUP]);
    });
    // Signals that are not ignored here are not ignored there.
    await withChild({ ...LONG, keepIgnored: [2, SIGUSR2] }, (pid) => {
      assertEquals(signalsIn(statusField(pid, "SigIgn")), [SIGUSR2]);
    });
  } finally {
    setSignalMask(mask);
    resetSignal(SIGHUP);
    resetSignal(SIGUSR2);
  }
});

test("spawn: this process' own mask and dispositions stay as they are", () => {
  const seen = () => ["SigBlk", "SigIgn", "SigCgt"].map((name) => statusField("thread-self", name));
  const before = seen();
  end(start({ ...LONG, newSession: true }));
  assertEquals(seen(), before);
});

test("spawn: nothing stays in memory, however large arguments and environment are", () => {
  const env = new Array(100).fill("BIG=" + "x".repeat(1000));
  const place = () => allocate(16).address;
  const before = place();
  for (let i = 0; i < 20; i++) end(start({ ...LONG, env, newSession: true }));
  assertEquals(place(), before + 16);
});

test("spawn: hundreds in a row, each ends as it should", () => {
  const pids = Array.from(
    { length: 200 },
    (_, i) => start({ argv: [SHELL, "-c", `exit ${i % 100}`] }),
  );
  assertEquals(new Set(pids).size, pids.length);
  pids.forEach((pid, i) => {
    assertEquals(waitFor(pid), { pid, ending: { how: "exit", code: i % 100 } });
  });
  assertEquals(children(), []);
});

test("spawn: helpers of the runtime and children of libc do not get in each other's way", async () => {
  const helpers = Array.from(
    { length: 20 },
    (_, i) => runtime.command(["sh", "-c", `echo ${i}; exit ${i}`]),
  );
  const pids = Array.from({ length: 20 }, (_, i) => start({ argv: [SHELL, "-c", `exit ${i}`] }));
  pids.forEach((pid, i) => {
    assertEquals(waitFor(pid)?.ending, { how: "exit", code: i });
  });
  const results = await Promise.all(helpers);
  assertEquals(results.map(({ code }) => code), Array.from({ length: 20 }, (_, i) => i));
  assert(results.every(({ stdout }, i) => text(stdout) === `${i}\n`));
});
