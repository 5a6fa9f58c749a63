import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ImpError } from "../../src/base/errors.ts";
import {
  abandonPidfile,
  type ClaimedPidfile,
  claimPidfile,
  settlePidfile,
} from "../../src/daemon/pidfile.ts";
import { formatNoteHead, parseNote } from "../../src/daemon/pidfile_state.ts";
import { closeFile } from "../../src/libc/descriptors/files.ts";
import { forkAndExecute } from "../../src/libc/processes/fork.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { readStat } from "../../src/procfs/stat.ts";

const main = new URL("../../main.ts", import.meta.url).pathname;

function withDirectory(body: (at: string) => void): void {
  const at = Deno.makeTempDirSync({ prefix: "imp-pidfile-" });
  try {
    body(at);
  } finally {
    Deno.removeSync(at, { recursive: true });
  }
}

/** Whether nobody holds the lock: flock(1) tries it from another process. */
function isUnlocked(path: string): boolean {
  return new Deno.Command("flock", { args: ["-n", path, "true"] }).outputSync().success;
}

const names = (at: string) => [...Deno.readDirSync(at)].map(({ name }) => name).sort();

/** Becomes a daemon's process by the steps that write its pidfile. @param holds the lock, too @returns its PID */
function becomeDaemon(claimed: ClaimedPidfile, holds = true): number {
  const outcome = forkAndExecute([
    { do: "setsid" },
    ...claimed.record,
    ...holds ? [{ do: "dup2" as const, from: claimed.lock.fd, to: 3 }] : [],
    { do: "reset-signals" },
    { do: "execute", path: "/bin/sleep", argv: ["sleep", "60"], env: [] },
  ]);
  if ("failed" in outcome) throw new Error(`step ${outcome.failed.do}: ${outcome.code}`);
  return outcome.pid;
}

function end(pid: number): void {
  Deno.kill(pid, "SIGKILL");
  waitFor(pid);
}

const noteIn = (at: string) => parseNote(Deno.readTextFileSync(`${at}/.web.pid.imp-lock`));

Deno.test("a claimed pidfile is locked and not there yet; the daemon writes it, whole", () => {
  withDirectory((at) => {
    const path = `${at}/web.pid`;
    const claimed = claimPidfile(path);
    assertEquals([names(at), isUnlocked(`${at}/.web.pid.imp-lock`)], [
      [".web.pid.imp-lock"],
      false,
    ]);
    assertEquals(noteIn(at), { is: "imp's" });
    const pid = becomeDaemon(claimed);
    assertEquals(names(at), [".web.pid.imp-lock", "web.pid"]);
    assertEquals(Deno.readTextFileSync(path), `${pid}\n`);
    const bootId = Deno.readTextFileSync("/proc/sys/kernel/random/boot_id").trim();
    const startTicks = readStat(pid)!.startTicks;
    assertEquals(noteIn(at), { is: "imp's", identity: { pid, startTicks, bootId } });
    const modes = [path, `${at}/.web.pid.imp-lock`].map((one) => Deno.statSync(one).mode! & 0o777);
    assertEquals(modes, [0o644, 0o600]);
    end(pid);
    abandonPidfile(claimed);
  });
});

Deno.test("through what the daemon inherits nothing can be written", () => {
  withDirectory((at) => {
    const claimed = claimPidfile(`${at}/web.pid`);
    const pid = becomeDaemon(claimed);
    const flags = /^flags:\s*(\d+)$/m.exec(Deno.readTextFileSync(`/proc/${pid}/fdinfo/3`))![1];
    assertEquals(parseInt(flags, 8) & 3, 0);
    end(pid);
    abandonPidfile(claimed);
  });
});

Deno.test("an abandoned pidfile leaves nothing on disk and no descriptor open", () => {
  withDirectory((at) => {
    const open = () => [...Deno.readDirSync("/proc/self/fd")].length;
    const before = open();
    for (let round = 0; round < 20; round++) abandonPidfile(claimPidfile(`${at}/web.pid`));
    assertEquals([names(at), open()], [[], before]);
    const claimed = claimPidfile(`${at}/web.pid`);
    end(becomeDaemon(claimed));
    abandonPidfile(claimed);
    assertEquals(names(at), []);
  });
});

Deno.test("a stale pidfile stays as it is until a daemon writes its own", () => {
  withDirectory((at) => {
    const path = `${at}/web.pid`;
    for (const text of ["", "\n", "4194304\n"]) {
      Deno.writeTextFileSync(path, text);
      Deno.writeTextFileSync(`${at}/.web.pid.imp-new`, "41");
      abandonPidfile(claimPidfile(path));
      assertEquals([names(at), Deno.readTextFileSync(path)], [["web.pid"], text]);
      const claimed = claimPidfile(path);
      const pid = becomeDaemon(claimed);
      assertEquals(Deno.readTextFileSync(path), `${pid}\n`);
      end(pid);
      abandonPidfile(claimed);
      assertEquals(names(at), []);
    }
  });
});

Deno.test("a lock in which no daemon is noted goes with the start that fails, whoever made it", () => {
  withDirectory((at) => {
    const lock = `${at}/.web.pid.imp-lock`;
    for (const text of ["", "imp daemon lock 1\n", formatNoteHead("0b9c2a4e")]) {
      Deno.writeTextFileSync(lock, text, { mode: 0o600 });
      abandonPidfile(claimPidfile(`${at}/web.pid`));
      assertEquals(names(at), []);
    }
    // imp did not make an empty file with another mode.
    Deno.writeTextFileSync(lock, "");
    Deno.chmodSync(lock, 0o644);
    assertMatch(
      (assertThrows(() => claimPidfile(`${at}/web.pid`), ImpError) as ImpError).message,
      /is taken/,
    );
    assertEquals([names(at), Deno.readTextFileSync(lock)], [[".web.pid.imp-lock"], ""]);
    Deno.removeSync(lock);
    // The file of a daemon that has ended stays.
    const claimed = claimPidfile(`${at}/web.pid`);
    end(becomeDaemon(claimed));
    for (const fd of [claimed.lock.fd, claimed.lock.writer, claimed.directory]) closeFile(fd);
    abandonPidfile(claimPidfile(`${at}/web.pid`));
    assertEquals(names(at), [".web.pid.imp-lock", "web.pid"]);
  });
});

Deno.test("a process of a start that failed is not taken for a daemon, however long it takes to end", () => {
  withDirectory((at) => {
    const first = claimPidfile(`${at}/web.pid`);
    end(becomeDaemon(first));
    for (const fd of [first.lock.fd, first.lock.writer, first.directory]) closeFile(fd);
    // After an earlier daemon the lock file stays, with its contents.
    const failed = claimPidfile(`${at}/web.pid`);
    const ending = becomeDaemon(failed, false);
    abandonPidfile(failed);
    assertEquals([names(at), noteIn(at)], [[".web.pid.imp-lock"], { is: "empty" }]);
    abandonPidfile(claimPidfile(`${at}/web.pid`));
    end(ending);
  });
});

Deno.test("files of others with the names that imp would use are never touched", () => {
  withDirectory((at) => {
    const path = `${at}/web.pid`;
    const others = [".web.pid.imp-lock", ".web.pid.imp-new"];
    for (const name of others) {
      Deno.writeTextFileSync(`${at}/${name}`, "buy milk\n");
      const error = assertThrows(() => claimPidfile(path), ImpError) as ImpError;
      assertMatch(error.message, /is taken/);
      assertEquals([error.exit, names(at)], [125, [name]]);
      assertEquals(Deno.readTextFileSync(`${at}/${name}`), "buy milk\n");
      Deno.removeSync(`${at}/${name}`);
      Deno.symlinkSync("/etc/passwd", `${at}/${name}`);
      assertMatch(
        (assertThrows(() => claimPidfile(path), ImpError) as ImpError).message,
        /is taken/,
      );
      assertEquals(names(at), [name]);
      Deno.removeSync(`${at}/${name}`);
    }
    // FILE.imp was the name of imp 0.1.
    Deno.writeTextFileSync(`${path}.imp`, "buy milk\n");
    abandonPidfile(claimPidfile(path));
    const claimed = claimPidfile(path);
    end(becomeDaemon(claimed));
    settlePidfile(claimed);
    abandonPidfile(claimed);
    assertEquals(Deno.readTextFileSync(`${path}.imp`), "buy milk\n");
  });
});

Deno.test("a refused pidfile keeps its content, and nothing stays open", () => {
  withDirectory((at) => {
    const open = () => [...Deno.readDirSync("/proc/self/fd")].length;
    const path = `${at}/notes.txt`;
    Deno.writeTextFileSync(path, "buy milk\n");
    Deno.symlinkSync(path, `${at}/link`);
    Deno.writeTextFileSync(`${at}/running`, `${Deno.pid}\n`);
    Deno.mkdirSync(`${at}/directory`);
    const before = open();
    const refused: [name: string, exit: number, text: RegExp][] = [
      ["notes.txt", 125, /does not contain a PID/],
      ["link", 125, /symbolic link/],
      ["directory", 125, /EISDIR|not a regular file/],
      ["missing/web.pid", 125, /ENOENT/],
      [".", 125, /names no file/],
      ["running", 1, new RegExp(`already running, pid ${Deno.pid}`)],
    ];
    for (const [name, exit, text] of refused) {
      const error = assertThrows(() => claimPidfile(`${at}/${name}`), ImpError) as ImpError;
      assertEquals(error.exit, exit, name);
      assertMatch(error.message, text);
      assertEquals(open(), before, `${name} leaves a descriptor open`);
    }
    assertEquals(Deno.readTextFileSync(path), "buy milk\n");
    assertEquals(names(at), ["directory", "link", "notes.txt", "running"]);
  });
});

/** Holds the lock on a file as a daemon of imp 0.1 does, or as anybody may who can read it. */
async function whileHeld(
  path: string,
  open: "<" | "<>",
  lock: "-s" | "-x",
  body: () => void,
): Promise<void> {
  const script = `exec 3${open}"$1"; flock $2 3 && echo held && exec sleep 60`;
  const child = new Deno.Command("bash", {
    args: ["-c", script, "bash", path, lock],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  assertEquals(new TextDecoder().decode((await reader.read()).value), "held\n");
  try {
    body();
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
  }
}

Deno.test("a daemon of imp 0.1 is recognised by its lock, and by what was kept beside its pidfile", async () => {
  const at = Deno.makeTempDirSync({ prefix: "imp-pidfile-" });
  const path = `${at}/web.pid`;
  const refused = () => {
    const error = assertThrows(() => claimPidfile(path), ImpError) as ImpError;
    assertEquals([error.exit, names(at).includes(".web.pid.imp-lock")], [1, false]);
    return [error.message, ...error.parts.details ?? []].join("\n");
  };
  // Ended by kill -9 before it wrote the PID, or survived by a child.
  for (const text of ["", "4194304\n"]) {
    Deno.writeTextFileSync(path, text);
    await whileHeld(
      path,
      "<>",
      "-x",
      () => assertMatch(refused(), /already running, pid \d+ \(sleep\)/),
    );
  }
  const pid = Deno.pid;
  const bootId = Deno.readTextFileSync("/proc/sys/kernel/random/boot_id").trim();
  const start = readStat(pid)!.startTicks;
  Deno.writeTextFileSync(path, `${pid}\n`);
  Deno.writeTextFileSync(`${path}.imp`, `${pid} ${start} ${bootId}\n`);
  assertMatch(refused(), new RegExp(`already running, pid ${pid}\n.*earlier version`));
  // Another start of that PID: the file is stale, and goes when a daemon has taken the place.
  Deno.writeTextFileSync(`${path}.imp`, `${pid} ${start + 1} ${bootId}\n`);
  const claimed = claimPidfile(path);
  assertEquals(names(at), [".web.pid.imp-lock", "web.pid", "web.pid.imp"]);
  const daemon = becomeDaemon(claimed);
  settlePidfile(claimed);
  assertEquals(names(at), [".web.pid.imp-lock", "web.pid"]);
  end(daemon);
  abandonPidfile(claimed);
  Deno.removeSync(at, { recursive: true });
});

Deno.test("who may only read a pidfile cannot keep it by a lock", async () => {
  const at = Deno.makeTempDirSync({ prefix: "imp-pidfile-" });
  const path = `${at}/web.pid`;
  Deno.writeTextFileSync(path, "4194304\n");
  for (const lock of ["-s", "-x"] as const) {
    await whileHeld(path, "<", lock, () => abandonPidfile(claimPidfile(path)));
  }
  Deno.removeSync(at, { recursive: true });
});

if (Deno.uid() === 0) {
  Deno.test("a file system that cannot reserve room (ramfs) is no reason to refuse", () => {
    withDirectory((at) => {
      const script = `mount -t ramfs none "$1" && chmod 755 "$1" &&
        "$0" run -A --quiet --no-check ${main} daemon -p "$1/x.pid" -- true && cat "$1/x.pid"`;
      const args = ["-m", "sh", "-c", script, Deno.execPath(), at];
      const { code, stdout, stderr } = new Deno.Command("unshare", { args }).outputSync();
      const decoder = new TextDecoder();
      assertEquals({ code, stderr: decoder.decode(stderr) }, { code: 0, stderr: "" });
      assertMatch(decoder.decode(stdout), /^(\d+)\n\1\n$/);
    });
  });
}
