import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  asRoot,
  e2e,
  e2eAsRoot,
  e2eOfBinary,
  eventually,
  exists,
  isAlive,
  LONELY_UID,
  rounds,
  type Sandbox,
  statFields,
  wordsOf,
} from "./harness.ts";
import { comm } from "./inspecting.ts";

/**
 * Waits until the program sleeps: before that it still opens and closes libraries and locales. In the first moment after
 * execve(2) has let the parent go, even its arguments and environment cannot be read.
 */
async function asleep(pid: number): Promise<number> {
  await eventually(() => statFields(pid)?.[0] === "S" && waitsForLong(pid), `${pid} sleeps`);
  return pid;
}

/** By number on x86-64 and arm64: nanosleep, clock_nanosleep, wait4, waitid. */
const LONG_CALLS = Deno.build.arch === "aarch64" ? [101, 115, 260, 95] : [35, 230, 61, 247];

/** State S alone may be a brief wait for a file. True where /proc does not say. */
function waitsForLong(pid: number): boolean {
  try {
    const call = Deno.readTextFileSync(`/proc/${pid}/syscall`).split(" ")[0];
    return LONG_CALLS.includes(Number(call));
  } catch {
    return true;
  }
}

/** What /proc says of a daemon, without what differs from run to run. */
function picture(pid: number) {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1];
  const stat = statFields(pid)!;
  const [ppid, pgid, sid, tty] = [stat[1], stat[2], stat[3], stat[4]].map(Number);
  return {
    parentIsShell: ppid === Deno.pid,
    leadsGroup: pgid === pid,
    leadsSession: sid === pid,
    groupIsSession: pgid === sid,
    leaderAlive: isAlive(sid),
    tty,
    umask: field("Umask"),
    blocked: field("SigBlk"),
    ignored: field("SigIgn"),
    caught: field("SigCgt"),
    cwd: Deno.readLinkSync(`/proc/${pid}/cwd`),
    descriptors: descriptors(pid),
    openFiles: /^Max open files\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/limits`))?.[1],
    nice: stat[16],
  };
}

function descriptors(pid: number): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    found[name] = Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
  }
  return found;
}

const NULLS = { "0": "/dev/null", "1": "/dev/null", "2": "/dev/null" };

async function startSleep(box: Sandbox, ...options: string[]): Promise<number> {
  const { code, stdout, stderr } = await box.imp(["daemon", ...options, "--", "sleep", "60"]);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assertMatch(stdout, /^\d+\n$/);
  return await asleep(Number(stdout));
}

for (const route of ["spawn", "fork"]) {
  e2e(`daemon --route ${route}: /proc shows a textbook daemon`, async (box) => {
    const pid = await startSleep(box, "--route", route);
    const seen = picture(pid);
    assertEquals(
      { ...seen, openFiles: "", parentIsShell: false },
      {
        parentIsShell: false,
        leadsGroup: false,
        leadsSession: false,
        groupIsSession: true,
        leaderAlive: false,
        tty: 0,
        umask: "0022",
        blocked: "0000000000000000",
        ignored: "0000000000000000",
        caught: "0000000000000000",
        cwd: "/",
        descriptors: NULLS,
        openFiles: "",
        nice: statFields(Deno.pid)![16],
      },
    );
    await box.endAll();
  });

  e2e(`daemon --route ${route} --no-second-fork: leads its session`, async (box) => {
    const seen = picture(await startSleep(box, "--route", route, "--no-second-fork"));
    assertEquals([seen.leadsSession, seen.leadsGroup, seen.tty], [true, true, 0]);
    await box.endAll();
  });

  e2e(
    `daemon --route ${route}: the caller's dispositions, mask and limit do not leak`,
    async (box) => {
      const { stdout, stderr } = await box.sh(
        `trap '' HUP INT PIPE CHLD USR1; ulimit -Sn 300; exec 7</etc/passwd; "$IMP" daemon --route ${route} -- sleep 60; :`,
      );
      assertEquals(stderr, "");
      const seen = picture(await asleep(Number(stdout)));
      assertEquals(
        [seen.ignored, seen.blocked, seen.openFiles, seen.descriptors],
        ["0000000000000000", "0000000000000000", "300", NULLS],
      );
      await box.endAll();
    },
  );

  e2e(`daemon --route ${route}: settings reach the daemon`, async (box) => {
    await box.sh(`cd "$PWD"; mkdir work; echo input > in`);
    const { stdout, stderr } = await box.sh(
      `exec 5<in 9>kept; "$IMP" daemon --route ${route} -C work -m 077 -i in -o out -e err --nice 19 -E FOO=bar ` +
        `-E 'EMPTY=' --keep-fd 5 --keep-fd 9 -- sh -c 'echo "$FOO"; echo bad >&2; touch made; echo kept >&9; exec sleep 60'`,
    );
    assertEquals(stderr, "");
    const pid = Number(stdout);
    await eventually(
      () => Deno.readTextFileSync(box.path("kept")) === "kept\n",
      "the daemon wrote",
    );
    await eventually(() => Deno.readTextFileSync(`/proc/${pid}/comm`) === "sleep\n", "it sleeps");
    const seen = picture(await asleep(pid));
    assertEquals(seen.cwd, box.path("work"));
    assertEquals(seen.umask, "0077");
    assertEquals(seen.nice, "19");
    assertEquals(seen.descriptors, {
      "0": box.path("in"),
      "1": box.path("out"),
      "2": box.path("err"),
      "5": box.path("in"),
      "9": box.path("kept"),
    });
    assertEquals(Deno.readTextFileSync(box.path("out")), "bar\n");
    assertEquals(Deno.readTextFileSync(box.path("err")), "bad\n");
    assertEquals(Deno.statSync(box.path("work/made")).mode! & 0o777, 0o600);
    await box.endAll();
  });

  e2e(`daemon --route ${route}: errors of exec come back`, async (box) => {
    box.script("plain", "echo not executable\n");
    Deno.chmodSync(box.path("plain"), 0o644);
    box.script("lost", "#!/no/such/interpreter\n");
    Deno.writeFileSync(box.path("garbage"), new Uint8Array([0x7f, 69, 76, 70, 0, 0, 0, 1, 10, 0]));
    Deno.chmodSync(box.path("garbage"), 0o755);
    const cases: [string, number, RegExp][] = [
      ["nosuchprogram", 127, /ENOENT/],
      ["./nosuchprogram", 127, /ENOENT/],
      ["./plain", 126, /EACCES/],
      ["/", 126, /EACCES.*directory/],
      ["./lost", 126, /ENOENT.*\/no\/such\/interpreter/],
      ["./garbage", 126, /ENOEXEC/],
      ["./plain/x", 127, /ENOTDIR/],
    ];
    for (const [program, status, says] of cases) {
      const { code, stdout, stderr } = await box.imp(
        [
          "daemon",
          "--route",
          route,
          ...route === "fork" ? ["-p", "pid"] : [],
          "-o",
          "log",
          "--",
          program,
        ],
      );
      assertEquals([program, code, stdout], [program, status, ""]);
      assertMatch(stderr, says);
      assertStringIncludes(stderr, program.replace("./", ""));
      assertEquals(names(box), ["garbage", "lost", "plain"]);
    }
  });

  e2e(`daemon --route ${route}: a script without interpreter line runs by /bin/sh`, async (box) => {
    box.script("job", 'echo "$0 $1 $2" > said\nexec sleep 60\n');
    const { code, stdout } = await box.imp([
      "daemon",
      "--route",
      route,
      "-C",
      box.directory,
      "--",
      "./job",
      "a b",
      "c",
    ]);
    assertEquals(code, 0);
    await eventually(
      () => exists(box.path("said")) && Deno.readTextFileSync(box.path("said")) !== "",
      "the script ran",
    );
    assertMatch(Deno.readTextFileSync(box.path("said")), /job a b c\n$/);
    assert(isAlive(Number(stdout)));
    await box.endAll();
  });

  e2e(`daemon --route ${route}: arguments and environment keep their bytes`, async (box) => {
    const { code, stdout } = await box.sh(
      `export ODD=$'\\xfe'; "$IMP" daemon --route ${route} -E $'MORE=\\xfd' -- sh -c 'sleep 60; :' $'a\\xffb' 'c d' ''`,
    );
    assertEquals(code, 0);
    await asleep(Number(stdout));
    const bytes = (name: string) => latin1(Deno.readFileSync(`/proc/${stdout.trim()}/${name}`));
    assertEquals(bytes("cmdline"), "sh\0-c\0sleep 60; :\0a\xffb\0c d\0\0");
    assertStringIncludes(bytes("environ"), "ODD=\xfe\0");
    assertStringIncludes(bytes("environ"), "MORE=\xfd\0");
    await box.endAll();
  });

  e2e(`daemon --route ${route}: 0-2 closed, nohup, no open end of a pipeline`, async (box) => {
    // No inherited descriptor may keep the command substitution or the pipe open.
    const substituted = await box.sh(
      `pid=$("$IMP" daemon --route ${route} -- sleep 60); echo "got $pid"`,
    );
    assertMatch(substituted.stdout, /^got \d+\n$/);
    const piped = await box.sh(`"$IMP" daemon --route ${route} -- sleep 60 | cat`);
    assertMatch(piped.stdout, /^\d+\n$/);
    const closed = await box.sh(
      `"$IMP" daemon --route ${route} -- sleep 59 <&- >&- 2>&-`,
    );
    assertEquals([closed.code, closed.stdout], [0, ""]);
    const found = () => box.processes().find((one) => wordsOf(one)[1] === "59");
    await eventually(() => found() !== undefined, "it runs");
    assertEquals(descriptors(await asleep(found()!)), NULLS);
    const nohup = await box.sh(`nohup "$IMP" daemon --route ${route} -- sleep 60 2>/dev/null`);
    assertEquals(picture(await asleep(Number(nohup.stdout))).ignored, "0000000000000000");
    await box.endAll();
  });

  const fewProcesses = asRoot(async (box) => {
    const { code, stderr } = await box.sh(
      `chmod 755 . ; exec setpriv --reuid ${LONELY_UID} --clear-groups -- bash -c 'ulimit -u 1; exec "$IMP" daemon --route ${route} -- sleep 60'`,
    );
    assertEquals(code, 125, stderr);
    assertMatch(stderr, /EAGAIN/);
  });
  e2eOfBinary(`daemon --route ${route}: a limit on processes is reported as EAGAIN`, fewProcesses);

  e2eAsRoot(`daemon --route ${route}: inside a PID namespace`, async (box) => {
    const { stdout, stderr } = await box.sh(
      `unshare -pf --mount-proc sh -c '"$IMP" daemon --route ${route} -- sleep 60; ps -o ppid=,sid=,tty= -p $(pgrep sleep); :'`,
    );
    assertEquals(stderr, "");
    assertMatch(stdout, /^\d+\n\s+1\s+\d+ \?\n$/);
  });
}

e2e("daemon: what only the daemon itself can do is refused with the fast route", async (box) => {
  for (const option of [["-p", "pid"], ["-n", "web"], ["--truncate"]]) {
    const { code, stderr } = await box.imp(["daemon", "--route", "spawn", ...option, "--", "true"]);
    assertEquals([option, code], [option, 2]);
    assertMatch(stderr, /cannot be used with --route spawn/);
  }
  assertEquals(names(box), []);
});

e2e("daemon: both routes give the same picture", async (box) => {
  const [a, b] = [
    await startSleep(box, "--route", "spawn"),
    await startSleep(box, "--route", "fork"),
  ];
  assertEquals(picture(a), picture(b));
  assertEquals(statFields(a)![1], statFields(b)![1]);
  await box.endAll();
});

e2e(
  "daemon: the pidfile is complete, locked for the daemon's life, and refuses a second start",
  async (box) => {
    const pid = await startSleep(box, "-p", box.path("pid"));
    assertEquals(Deno.readTextFileSync(box.path("pid")), `${pid}\n`);
    assertEquals(descriptors(pid), { ...NULLS, "3": box.path(".pid.imp-lock") });
    const second = await box.imp(["daemon", "-p", box.path("pid"), "--", "sleep", "60"]);
    assertEquals([second.code, second.stdout], [1, ""]);
    assertStringIncludes(second.stderr, `already running, pid ${pid}`);
    assertEquals(Deno.readTextFileSync(box.path("pid")), `${pid}\n`);
    Deno.kill(pid, "SIGKILL");
    await eventually(() => !isAlive(pid), "the daemon ended");
    const third = await startSleep(box, "-p", box.path("pid"));
    assertEquals(Deno.readTextFileSync(box.path("pid")), `${third}\n`);
    await box.endAll();
  },
);

e2eOfBinary("daemon: a program that closes the lock is still recognised", async (box) => {
  const { stdout } = await box.imp([
    "daemon",
    "-p",
    box.path("pid"),
    "--",
    "sh",
    "-c",
    "exec 3<&-; exec sleep 60",
  ]);
  const pid = Number(stdout);
  // sh becomes sleep after it has closed the lock; only then do its descriptors stand still.
  await eventually(() => Deno.readTextFileSync(`/proc/${pid}/comm`) === "sleep\n", "sh is sleep");
  await asleep(pid);
  assert(!("3" in descriptors(pid)), "the lock was closed");
  const second = await box.imp(["daemon", "-p", box.path("pid"), "--", "sleep", "60"]);
  assertEquals(second.code, 1);
  assertStringIncludes(second.stderr, `already running, pid ${pid}`);
  await box.endAll();
});

e2eOfBinary("daemon: a reused PID is not believed", async (box) => {
  const pid = await startSleep(box, "-p", box.path("pid"));
  Deno.kill(pid, "SIGKILL");
  await eventually(() => !isAlive(pid), "the daemon ended");
  // Another process now has the PID that the file names.
  Deno.writeTextFileSync(box.path("pid"), `${Deno.pid}\n`);
  const lock = box.path(".pid.imp-lock");
  Deno.writeTextFileSync(lock, Deno.readTextFileSync(lock).replace(`${pid} (`, `${Deno.pid} (`));
  const again = await startSleep(box, "-p", box.path("pid"));
  assert(isAlive(again));
  await box.endAll();
});

e2eOfBinary("daemon: what is left of a daemon holds the lock, and is named", async (box) => {
  const { stdout } = await box.imp(
    ["daemon", "-p", box.path("pid"), "--", "sh", "-c", "sleep 60 & exec sleep 61"],
  );
  const pid = Number(stdout);
  // Right after fork the child still is sh.
  await eventually(
    () => box.processes().filter((one) => comm(one) === "sleep").length === 2,
    "the daemon has a child",
  );
  Deno.kill(pid, "SIGKILL");
  await eventually(() => !isAlive(pid), "the daemon ended");
  const [child] = box.processes();
  const second = await box.imp(["daemon", "-p", box.path("pid"), "--", "sleep", "60"]);
  assertEquals(second.code, 1);
  assertStringIncludes(second.stderr, `pid ${child} (sleep)`);
  await box.endAll();
});

e2eOfBinary("daemon: pidfiles that must not be used", async (box) => {
  Deno.mkdirSync(box.path("open"));
  Deno.chmodSync(box.path("open"), 0o777);
  Deno.writeTextFileSync(box.path("notes"), "buy milk\n");
  Deno.symlinkSync(box.path("notes"), box.path("link"));
  await box.sh("mkfifo fifo; echo 1 > a; ln a b");
  const cases: [string, RegExp][] = [
    ["missing/pid", /ENOENT/],
    ["open/pid", /is world-writable/],
    ["link", /symbolic link/],
    ["notes", /does not contain a PID/],
    ["fifo", /not a regular file/],
    ["a", /hard links/],
    [".", /EISDIR|names no file/],
    ["notes/pid", /ENOTDIR/],
  ];
  for (const [file, says] of cases) {
    const { code, stderr } = await box.imp(["daemon", "-p", file, "--", "sleep", "60"]);
    assertEquals([file, code], [file, 125]);
    assertMatch(stderr, says);
  }
  assertEquals(Deno.readTextFileSync(box.path("notes")), "buy milk\n");
  assertEquals([...Deno.readDirSync(box.path("open"))], []);
});

e2eOfBinary("daemon: racing starts on one pidfile give one daemon", async (box) => {
  for (let round = 0; round < rounds(2, 20); round++) {
    const file = box.path(`race${round}`);
    const results = await Promise.all(
      Array.from({ length: 20 }, () => box.imp(["daemon", "-p", file, "--", "sleep", "60"])),
    );
    const winners = results.filter(({ code }) => code === 0);
    assertEquals(winners.length, 1);
    assert(results.every(({ code }) => code === 0 || code === 1));
    assertEquals(Deno.readTextFileSync(file), winners[0].stdout);
    await asleep(Number(winners[0].stdout));
    assertEquals(box.processes(), [Number(winners[0].stdout)]);
    await box.endAll();
  }
});

e2eOfBinary("daemon: errors before exec are reported exactly and leave nothing", async (box) => {
  const cases: [string[], number, RegExp][] = [
    [["-u", "nosuchuser"], 125, /no such user/],
    [["-u", "root:nosuchgroup"], 125, /no such group/],
    [["-o", "missing/out"], 125, /missing\/out: ENOENT/],
    [["-i", "missing"], 125, /missing: ENOENT/],
    [["-e", "/"], 125, /EISDIR/],
    [["-C", "missing"], 125, /change directory to .*missing: ENOENT/],
    [["-C", "/etc/passwd"], 125, /ENOTDIR/],
    [["--chroot", "missing"], 125, /ENOENT/],
    [["--keep-fd", "77"], 125, /descriptor 77: EBADF/],
    [["--limit", "nofile=99999999:99999999"], 125, /EPERM|EINVAL/],
  ];
  for (const [options, status, says] of cases) {
    const { code, stdout, stderr } = await box.imp([
      "daemon",
      "-p",
      "pid",
      ...options,
      "--",
      "sleep",
      "60",
    ]);
    assertEquals([options, code, stdout], [options, status, ""]);
    assertMatch(stderr, says);
    assertEquals([...Deno.readDirSync(box.directory)], []);
  }
});

e2eOfBinary("daemon: a wrong command line is reported with status 2", async (box) => {
  const cases: [string[], RegExp][] = [
    [[], /no program/],
    [["--"], /no program/],
    [["--pidfil", "x", "--", "true"], /did you mean --pidfile/],
    [["-m", "999", "true"], /umask/],
    [["--nice", "50", "true"], /nice/],
    [["--limit", "files=3", "true"], /limit/],
    [["--limit", "nofile=9:3", "true"], /above/],
    [["-E", "novalue", "true"], /is not a variable/],
    [["--keep-fd", "x", "true"], /descriptor/],
    [["--keep-fd", "1", "-o", "f", "true"], /cannot be used together/],
    [["-n", "../x", "true"], /not a valid name/],
    [["-n", "a", "-p", "b", "true"], /-n and -p/],
    [["--route", "magic", "true"], /auto, spawn or fork/],
    [["--route", "spawn", "--limit", "core=0", "true"], /--limit/],
    [["-p"], /needs a value/],
    [["--truncate=yes", "true"], /takes no value/],
  ];
  for (const [words, says] of cases) {
    const { code, stdout, stderr } = await box.imp(["daemon", ...words]);
    assertEquals([words, code, stdout], [words, 2, ""]);
    assertMatch(stderr, says);
  }
});

e2eOfBinary("daemon: options of the program are the program's", async (box) => {
  const { code } = await box.imp([
    "daemon",
    "-o",
    "out",
    "-C",
    ".",
    "sh",
    "-c",
    'echo "$@"',
    "sh",
    "--help",
    "-n",
    "x",
  ]);
  assertEquals(code, 0);
  await eventually(
    () => exists(box.path("out")) && Deno.readTextFileSync(box.path("out")) === "--help -n x\n",
    "echoed",
  );
});

e2eOfBinary(
  "daemon: outputs append, share one file, or start empty with --truncate",
  async (box) => {
    Deno.writeTextFileSync(box.path("log"), "old\n");
    const write = ["--", "sh", "-c", "echo out; echo err >&2"];
    await box.imp(["daemon", "-o", "log", "-e", "log", ...write]);
    await eventually(
      () => Deno.readTextFileSync(box.path("log")) === "old\nout\nerr\n",
      "both wrote",
    );
    await eventually(() => box.processes().length === 0, "ended");
    await box.imp(["daemon", "--truncate", "-o", "log", "-e", "log", ...write]);
    await eventually(
      () => Deno.readTextFileSync(box.path("log")) === "out\nerr\n",
      "both wrote anew",
    );
  },
);

e2eOfBinary("daemon: a FIFO without reader is an error, not a hang", async (box) => {
  await box.sh("mkfifo pipe");
  const { code, stderr } = await box.imp(["daemon", "-o", "pipe", "--", "sleep", "60"]);
  assertEquals(code, 125);
  assertMatch(stderr, /ENXIO/);
});

e2e("daemon: when the PID cannot be reported, the daemon does not stay", async (box) => {
  const { code, stderr } = await box.sh(`"$IMP" daemon -p pid -- sleep 60 > /dev/full`);
  assertEquals(code, 125);
  assertMatch(stderr, /ENOSPC/);
  assertEquals([...Deno.readDirSync(box.directory)], []);
});

e2eOfBinary("daemon: --limit, --clear-env and --json", async (box) => {
  const { stdout } = await box.imp(
    [
      "daemon",
      "--json",
      "--clear-env",
      "-E",
      `IMP_TEST_TAG=${box.tag}`,
      "--limit",
      "nofile=64:128",
      "--limit",
      "core=0",
      "--",
      "/bin/sleep",
      "60",
    ],
  );
  const { pid, route, pidfile } = JSON.parse(stdout);
  assertEquals([route, pidfile], ["fork", null]);
  await asleep(pid);
  assertEquals(Deno.readTextFileSync(`/proc/${pid}/environ`), `IMP_TEST_TAG=${box.tag}\0`);
  const limits = Deno.readTextFileSync(`/proc/${pid}/limits`);
  assertMatch(limits, /Max open files\s+64\s+128/);
  assertMatch(limits, /Max core file size\s+0\s/);
  await box.endAll();
});

e2eOfBinary("daemon -n: keeps its pidfile in imp's own directory", async (box) => {
  const env = { IMP_HOME: box.path("home/deep") };
  const first = await box.imp(["daemon", "-n", "web", "--", "sleep", "60"], { env });
  assertEquals(first.code, 0);
  assertEquals(Deno.readTextFileSync(box.path("home/deep/web.pid")), first.stdout);
  assertEquals(Deno.statSync(box.path("home/deep")).mode! & 0o777, 0o700);
  assertEquals((await box.imp(["daemon", "-n", "web", "--", "sleep", "60"], { env })).code, 1);
  await box.endAll();
});

e2eAsRoot("daemon -u and --chroot, as root", async (box) => {
  const asUser = await box.imp(["daemon", "-u", "nobody", "-o", "log", "--", "sleep", "60"]);
  assertEquals([asUser.code, asUser.stderr], [0, ""]);
  const nobody = Number(
    new TextDecoder().decode(
      (await new Deno.Command("id", { args: ["-u", "nobody"] }).output()).stdout,
    ),
  );
  const status = Deno.readTextFileSync(`/proc/${Number(asUser.stdout)}/status`);
  assertMatch(
    status,
    new RegExp(`^Uid:\\s+${nobody}\\s+${nobody}\\s+${nobody}\\s+${nobody}$`, "m"),
  );
  assertMatch(status, new RegExp(`^Gid:\\s+(\\d+)\\s+\\1\\s+\\1\\s+\\1$`, "m"));
  assertEquals(Deno.statSync(box.path("log")).uid, nobody);
  const numbers = await box.imp(["daemon", "-u", "12345:54321", "--", "sleep", "60"]);
  assertMatch(
    Deno.readTextFileSync(`/proc/${Number(numbers.stdout)}/status`),
    /^Groups:\s+54321\s*$/m,
  );
  const rooted = await box.imp(["daemon", "--chroot", "/usr", "-C", "share", "--", "sleep", "60"]);
  assertEquals([rooted.code, rooted.stderr], [0, ""]);
  const proc = `/proc/${Number(rooted.stdout)}`;
  assertEquals([Deno.readLinkSync(`${proc}/root`), Deno.readLinkSync(`${proc}/cwd`)], [
    "/usr",
    "/usr/share",
  ]);
  const missing = await box.imp(["daemon", "--chroot", ".", "-C", "/", "--", "sleep", "60"]);
  assertEquals([missing.code, missing.stdout], [127, ""]);
  await box.endAll();
});

e2eAsRoot("daemon: as an ordinary user", async (box) => {
  Deno.chmodSync(box.directory, 0o755);
  Deno.mkdirSync(box.path("own"));
  Deno.chownSync(box.path("own"), LONELY_UID, LONELY_UID);
  const { code, stdout, stderr } = await box.sh(
    `cd own; exec setpriv --reuid ${LONELY_UID} --regid ${LONELY_UID} --clear-groups -- "$IMP" daemon -p pid -o log -- sh -c 'id -u; exec sleep 60'`,
  );
  assertEquals([code, stderr], [0, ""]);
  assertEquals(Deno.readTextFileSync(box.path("own/pid")), stdout);
  await eventually(
    () => Deno.readTextFileSync(box.path("own/log")) === `${LONELY_UID}\n`,
    "it wrote",
  );
  const other = await box.sh(
    `exec setpriv --reuid 54321 --clear-groups -- "$IMP" daemon -u root -- sleep 60`,
  );
  assertEquals(other.code, 125);
  assertMatch(other.stderr, /EPERM/);
  await box.endAll();
});

e2eAsRoot("daemon: a full disk is found before anything runs", async (box) => {
  const { code, stdout, stderr } = await box.sh(
    `unshare -m sh -c 'mkdir full && mount -t tmpfs -o size=4k,nr_inodes=3 none full && chmod 755 full && ` +
      `dd if=/dev/zero of=full/fill bs=4k count=1 2>/dev/null; "$IMP" daemon -p full/pid -- sleep 60; code=$?; ls full; exit $code'`,
  );
  assertEquals([code, stdout], [125, "fill\n"]);
  assertMatch(stderr, /ENOSPC/);
});

e2eAsRoot("daemon: as PID 1 it refuses", async (box) => {
  const { code, stderr } = await box.sh(`unshare -pf --mount-proc "$IMP" daemon -- sleep 60`);
  assertEquals(code, 125);
  assertMatch(stderr, /PID 1/);
});

e2eOfBinary("daemon: real programs", async (box) => {
  const server = await box.imp(
    [
      "daemon",
      "-C",
      ".",
      "-o",
      "log",
      "-e",
      "log",
      "--",
      "python3",
      "-u",
      "-m",
      "http.server",
      "--bind",
      "127.0.0.1",
      "0",
    ],
  );
  assertEquals(server.code, 0);
  const port = () => /port (\d+)/.exec(Deno.readTextFileSync(box.path("log")))?.[1];
  await eventually(() => port() !== undefined, "the server listens");
  const response = await fetch(`http://127.0.0.1:${port()}/log`);
  assertStringIncludes(await response.text(), "Serving HTTP");
  Deno.kill(Number(server.stdout), "SIGTERM");
  await eventually(() => !isAlive(Number(server.stdout)), "the server ended");
});

function names(box: Sandbox): string[] {
  return [...Deno.readDirSync(box.directory)].map(({ name }) => name).sort();
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
