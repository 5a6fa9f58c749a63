import { O_RDONLY } from "../../src/libc/abi.ts";
import { O_DIRECTORY } from "../../src/libc/machine.ts";
import {
  closeFile,
  moveUp,
  openFile,
  readSome,
  readTextOrNothing,
  readToEnd,
} from "../../src/libc/descriptors/files.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { allocate, cString } from "../../src/libc/calling/memory.ts";
import {
  changeDirectory,
  closeOnExecFrom,
  isInit,
  ownPid,
  parentPid,
  setNice,
  setUmask,
  startSession,
  threadCount,
  workingDirectory,
} from "../../src/libc/processes/process.ts";
import { errnoName } from "../../src/libc/calling/errno.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { assertEquals, test } from "./harness.ts";
import {
  end,
  eventually,
  isRoot,
  output,
  perform,
  playRole,
  relations,
  roleCommand,
  SLEEP,
  start,
  statusField,
  text,
  told,
  withDirectory,
} from "./support.ts";
import { skip } from "../skip.ts";

await playRole({
  session: () => {
    // Waits until the test has made everything around this process ready.
    readSome(0);
    const started = startSession();
    const { pgid, sid } = relations("self");
    return { started, pid: ownPid(), pgid, sid };
  },
  settings: () => {
    const umasks = [setUmask(0o027), setUmask(0o077), statusField("self", "Umask")];
    const fd = openFile("/usr", O_RDONLY | O_DIRECTORY);
    const file = openFile("/etc/passwd", O_RDONLY);
    const moved = [changeDirectory(fd), workingDirectory()];
    const failed = [changeDirectory(file), changeDirectory(9999)].map(errnoName);
    const nice = [setNice(19), readTextOrNothing("/proc/self/stat")!.split(") ")[1].split(" ")[16]];
    return { umasks, moved, failed, nice, lower: errnoName(setNice(-5)) };
  },
  "removed directory": () => {
    const directory = runtime.args()[0];
    const fd = openFile(directory, O_RDONLY | O_DIRECTORY);
    changeDirectory(fd);
    const before = workingDirectory();
    removeDirectory(directory);
    return [before, workingDirectory()];
  },
  "is init": () => ({ init: isInit(), pid: ownPid() }),
});

function removeDirectory(path: string): void {
  libc("rmdir").rmdir(cString(path));
}

interface Session {
  started: boolean;
  pid: number;
  pgid: number;
  sid: number;
}

/**
 * Has the role start a session, in the place that `prepare` makes for it.
 * @param prepare gets its PID while it waits
 * @returns what it reports about itself
 */
function session(
  group: number | undefined,
  prepare: (pid: number) => void = () => {},
): Session {
  const { argv, env } = roleCommand(import.meta, "session");
  const [gate, opener] = pipe();
  const [answer, mouth] = pipe();
  const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const descriptors: [number, number][] = [[gate, 0], [mouth, 1]];
  const pid = start({ argv, env: words, group, descriptors });
  closeFile(gate);
  closeFile(mouth);
  try {
    prepare(pid);
    closeFile(opener);
    return JSON.parse(text(readToEnd(answer, "the answer")));
  } finally {
    closeFile(answer);
    end(pid);
  }
}

function pipe(): [from: number, into: number] {
  const O_CLOEXEC = 0o2000000;
  const ends = allocate(8);
  libc("pipe2").pipe2(ends.address, O_CLOEXEC);
  return [ends.view.getInt32(0, true), ends.view.getInt32(4, true)];
}

test("process: its threads are counted", async () => {
  // The runtime may start one in between.
  const agree = () => threadCount() === Number(statusField("self", "Threads"));
  await eventually(agree, "both ways of counting agree");
});

test("process: a session is started by an ordinary member of a group", () => {
  const { started, pid, pgid, sid } = session(undefined);
  assertEquals([started, pgid, sid], [true, pid, pid]);
});

test("process: a session is started by the leader of a group that is alone in it", () => {
  // As a command typed in an interactive shell is: it first joins its parent's group.
  const { started, pid, pgid, sid } = session(0);
  // A group outside of this PID namespace cannot be joined.
  if (relations("self").pgid === 0) return assertEquals([started, pgid], [false, pid]);
  assertEquals([started, pgid, sid], [true, pid, pid]);
});

test("process: the leader of a pipeline whose members live cannot start a session", () => {
  let member = 0;
  const before = relations("self");
  const told = session(0, (pid) => {
    member = start({ argv: [SLEEP, "1000"], group: pid });
  });
  end(member);
  assertEquals([told.started, told.sid], [false, before.sid]);
});

test("process: umask, directory and nice value", async () => {
  const seen = told(await perform(import.meta, "settings")) as Record<string, unknown[]>;
  const umask = parseInt(statusField("self", "Umask"), 8);
  assertEquals(seen.umasks, [umask, 0o027, "0077"]);
  assertEquals(seen.moved, [0, "/usr"]);
  assertEquals(seen.failed, ["ENOTDIR", "EBADF"]);
  assertEquals(seen.nice, [0, "19"]);
  assertEquals(seen.lower as unknown, isRoot ? "E0" : "EACCES");
});

test("process: a working directory that was removed is told by the way through /proc", async () => {
  await withDirectory(async (at) => {
    await output("mkdir", `${at}/gone`);
    const [before, after] = told(
      await perform(import.meta, "removed directory", `${at}/gone`),
    ) as string[];
    assertEquals([before, after], [`${at}/gone`, "/proc/self/cwd"]);
  });
});

test("process: its own and its parent's PID are those that the kernel shows", () => {
  assertEquals(ownPid(), Number(readTextOrNothing("/proc/self/stat")!.split(" ")[0]));
  assertEquals(parentPid(), relations("self").ppid);
});

test("process: descriptors from a number on are marked close-on-exec, those below are not", () => {
  const F_SETFD = 2;
  const flags = (fd: number) =>
    /^flags:\s+(\d+)$/m.exec(
      readTextOrNothing(`/proc/thread-self/fdinfo/${fd}`)!,
    )![1];
  const fds = [400, 401, 500].map((lowest) => moveUp(openFile("/dev/null", O_RDONLY), lowest));
  for (const fd of fds) libc("fcntl").fcntl(fd, F_SETFD, 0);
  assertEquals(fds.map(flags), ["0100000", "0100000", "0100000"]);
  closeOnExecFrom(fds[1]);
  assertEquals(fds.map(flags), ["0100000", "02100000", "02100000"]);
  for (const fd of fds) closeFile(fd);
});

test("process: this is not PID 1 of its namespace", () => {
  assertEquals(isInit(), false);
});

test("process: PID 1 of a namespace knows that it is", async (name) => {
  if (!isRoot) return skip(name, "it needs root");
  const { argv, env } = roleCommand(import.meta, "is init");
  const inside = await runtime.command(["unshare", "-pf", "--mount-proc", ...argv], { env });
  assertEquals(told(inside), { init: true, pid: 1 });
});
