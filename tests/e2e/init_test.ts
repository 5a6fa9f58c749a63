import { assertEquals, assertMatch } from "@std/assert";
import { e2eAsRoot, eventually, isAlive, rounds, type Sandbox, sideBySide } from "./harness.ts";
import { isMusl, notForwarded } from "./libc_of_binary.ts";

const e2e = sideBySide();

/** Sends every signal to its parent, which is init, and says which did not come back. All are blocked meanwhile. */
const ECHO = `
import os, signal, sys
wanted = [n for n in range(1, 65) if n not in (9, 16, 17, 19, 32, 33)]
signal.pthread_sigmask(signal.SIG_SETMASK, set(range(1, 65)) - {32, 33})
missing = []
for n in wanted:
    os.kill(os.getppid(), n)
    if signal.sigtimedwait({n}, 5) is None: missing.append(n)
extra = signal.sigpending()
print("missing", missing, "extra", sorted(extra))
`;

/** What a program is started with. */
const PICTURE = `
import os, re
text = open("/proc/self/status").read()
# Without 32 and 33, which belong to the C library.
for name in ("SigBlk", "SigIgn", "SigCgt"): print(name, hex(int(re.search(name + r":\\s*(\\w+)", text).group(1), 16) & ~0x180000000))
print("fds", sorted(n for n in map(int, os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd/%d" % n)))
print("group", os.getpgid(0) == os.getpid(), "session", os.getsid(0) == os.getpid())
print("engine", os.environ.get("JSC_SIGNAL_FOR_GC"), os.environ.get("MIMALLOC_PURGE_DELAY"))
`;

/** The words that run something as PID 1 of a namespace. */
const AS_PID_1 = ["unshare", "-pf", "--mount-proc", "--kill-child"];

/** What {@link ECHO} prints if imp forwards everything that libc does not reserve. */
async function echoed(box: Sandbox): Promise<string> {
  return `missing [${await notForwarded(box)}] extra []\n`;
}

async function pidOf(box: Sandbox, name: string): Promise<number> {
  await eventually(() => (readOr(box.path(name)) ?? "").endsWith("\n"), `${name} is written`);
  return Number(Deno.readTextFileSync(box.path(name)));
}

function readOr(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

e2e("init: exit codes from 0 to 255", async (box) => {
  const { stdout } = await box.sh(
    `for c in $(seq 0 ${
      rounds(5, 1)
    } 255); do "$IMP" init -- sh -c "exit $c"; [ $? = $c ] || echo "$c"; done`,
  );
  assertEquals(stdout, "");
});

e2e("init: a program ended by a signal gives 128+n, and -e makes codes a success", async (box) => {
  for (const n of [1, 6, 9, 11, 15, 34, 64]) {
    const { code } = await box.imp(["init", "--", "sh", "-c", `ulimit -c 0; kill -${n} $$`]);
    assertEquals(code, 128 + n);
  }
  const expected = ["init", "-e", "143", "-e", "3", "--"];
  assertEquals((await box.imp([...expected, "sh", "-c", "kill $$"])).code, 0);
  assertEquals((await box.imp([...expected, "sh", "-c", "exit 3"])).code, 0);
  assertEquals((await box.imp([...expected, "sh", "-c", "exit 4"])).code, 4);
});

e2e("init: SIGINT ends it by SIGINT too", async (box) => {
  const { signal } = await box.imp(["init", "--", "sh", "-c", "kill -INT $$"]);
  assertEquals(signal, "SIGINT");
});

e2e("init: what cannot run", async (box) => {
  box.script("plain", "true\n");
  Deno.chmodSync(box.path("plain"), 0o644);
  box.script("lost", "#!/no/such/interpreter\n");
  box.script("script", "exit 5\n");
  const cases: [string, number, RegExp][] = [
    ["nosuchprogram", 127, /^imp init: cannot find nosuchprogram: ENOENT/],
    ["./nosuch", 127, /ENOENT/],
    ["./plain", 126, /EACCES/],
    ["./lost", 126, /interpreter/],
    ["/", 126, /directory/],
    ["./script", 5, /^$/],
  ];
  for (const [program, code, told] of cases) {
    const result = await box.imp(["init", "--", program]);
    assertEquals([program, result.code], [program, code]);
    assertMatch(result.stderr, told);
  }
  assertEquals((await box.imp(["init"])).code, 2);
  for (
    const wrong of [
      ["-r", "TERM"],
      ["-r", "FOO:1"],
      ["-r", "KILL:TERM"],
      ["-r", "CHLD:0"],
      ["-e", "256"],
      ["-p", "0"],
      ["-p", "CHLD"],
      ["-p", "STOP"],
      ["--grace", "x"],
    ]
  ) {
    assertEquals((await box.imp(["init", ...wrong, "--", "true"])).code, 2);
  }
});

e2eAsRoot(
  "init: a directory that may not be searched says nothing about a program",
  async (box) => {
    const { code, stderr } = await box.sh(
      `mkdir -m 700 closed; chmod 711 .
     PATH=$PWD/closed:/usr/bin:/bin exec setpriv --reuid=65534 --regid=65534 --clear-groups "$IMP" init -- nosuchprogram`,
    );
    assertEquals(code, 127);
    assertMatch(
      stderr,
      /^imp init: cannot find nosuchprogram: ENOENT .*\n.*may not search .*closed\n$/,
    );
  },
);

e2e("init: options after the program's name belong to the program", async (box) => {
  const { stdout } = await box.imp(["init", "-g", "printf", "%s|", "-e", "--", "-w"]);
  assertEquals(stdout, "-e|--|-w|");
});

e2e("init: every forwardable signal reaches the program, as subreaper", async (box) => {
  for (const options of [[], ["-g"]]) {
    const { stdout } = await box.imp(["init", ...options, "--", "python3", "-c", ECHO]);
    assertEquals(stdout, await echoed(box));
  }
});

e2eAsRoot("init: every forwardable signal reaches the program, as PID 1", async (box) => {
  const { stdout } = await box.sh(`${AS_PID_1.join(" ")} "$IMP" init -- python3 -c '${ECHO}'`);
  assertEquals(stdout, await echoed(box));
});

e2e("init: signals sent by others, many at once, all arrive", async (box) => {
  // Realtime signals are queued, one for each kill(2).
  const counter = `import os, signal, sys
signal.pthread_sigmask(signal.SIG_SETMASK, {40, 41})
print("ready", flush=True)
n = 0
while signal.sigtimedwait({40}, 3): n += 1; n == 500 and (print(n, flush=True), sys.exit(0))
print(n)`;
  const { stdout } = await box.sh(
    `"$IMP" init -- python3 -c '${counter}' > out & p=$!; until grep -q ready out; do :; done;` +
      `for i in $(seq 500); do kill -40 $p; done; wait $p; cat out`,
  );
  assertEquals(stdout, "ready\n500\n");
});

e2e(
  "init: no thread takes a signal from it, not even one that its runtime starts later",
  async (box) => {
    // Enough work for the engine to compile, in threads of its own.
    const crowd = `import os, re, signal, sys
signal.pthread_sigmask(signal.SIG_SETMASK, {10, 40})
for i in range(40000): os.kill(os.getppid(), 10)
os.kill(os.getppid(), 40)
signal.sigwait({40}); signal.sigtimedwait({10}, 0)
masks = set()
for id in os.listdir("/proc/%d/task" % os.getppid()):
    text = open("/proc/%d/task/%s/status" % (os.getppid(), id)).read()
    masks.add(int(re.search(r"SigBlk:\\s*(\\w+)", text).group(1), 16))
print([[n for n in range(1, 65) if not mask >> (n - 1) & 1] for mask in masks])
print("MIMALLOC_PURGE_DELAY" in open("/proc/%d/environ" % os.getppid()).read())
exec(sys.argv[1])`;
    const { stdout } = await box.imp(["init", "--", "python3", "-c", crowd, ECHO]);
    // The second line: it has not executed itself again.
    const reserved = (await isMusl(box)) ? "32, 33, 34" : "32, 33";
    assertEquals(stdout, `[[9, 16, 19, ${reserved}]]\nFalse\n${await echoed(box)}`);
  },
);

e2e("init: a signal that comes before the program is there reaches it", async (box) => {
  // Sent at the moment in which they are blocked. What reaches the program ends it: 128+n; what is lost, nothing.
  const early = `import os, re, subprocess
for n in (15, 1, 10, 30, 40) * 4:
    p = subprocess.Popen([os.environ["IMP"], "init", "--", "sleep", "60"])
    while not int(re.search(r"SigBlk:\\s*(\\w+)", open("/proc/%d/status" % p.pid).read()).group(1), 16) >> 14 & 1: pass
    os.kill(p.pid, n)
    if p.wait(timeout=30) != 128 + n: print(n, p.returncode)`;
  const { stdout, stderr } = await box.run(["python3", "-c", early]);
  assertEquals([stdout, stderr], ["", ""]);
});

e2e("init: rewrites by name and number, drops, and reaches the group with -g", async (box) => {
  const trap = (signals: string) =>
    signals.split(" ").map((name) => `trap "echo ${name}" ${name};`).join("");
  const script = `${trap("HUP USR1 USR2")} echo ready; while :; do sleep 0.02; done`;
  const { stdout } = await box.sh(
    `"$IMP" init -r TERM:USR1 -r HUP:0 -r 10:12 -r SIGALRM:kill -- sh -c '${script}' > out & p=$!
     until grep -q ready out; do :; done
     kill -HUP $p; kill -TERM $p; until grep -q USR1 out; do :; done
     kill -USR1 $p; until grep -q USR2 out; do :; done
     kill -ALRM $p; wait $p; echo $?; cat out`,
  );
  assertEquals(stdout, "137\nready\nUSR1\nUSR2\n");
  const group = await box.sh(
    `"$IMP" init -g -- sh -c 'trap "echo outer; wait; exit 0" TERM; sh -c "trap \\"echo inner; exit 0\\" TERM; echo ready; while :; do sleep 0.02; done" & wait' > out2 & p=$!
     until grep -q ready out2; do :; done; kill $p; wait $p; sort out2`,
  );
  assertEquals(group.stdout, "inner\nouter\nready\n");
});

e2e(
  "init: the program gets the caller's descriptors and ignored signals, and nothing of imp's",
  async (box) => {
    const picture = async (before: string, init: string) => {
      const { stdout } = await box.sh(`${before} ${init} python3 -c '${PICTURE}'`);
      return stdout.trim().split("\n");
    };
    const more = "exec 3</dev/null 5</dev/null 7>>/dev/null 42</dev/null;";
    for (const before of ["", "trap '' HUP USR1;", more]) {
      const [plain, under] = [await picture(before, ""), await picture(before, '"$IMP" init --')];
      assertEquals(under, [...plain.slice(0, -2), "group True session False", "engine None None"]);
    }
  },
);

e2e(
  "SIGPIPE and SIGXFSZ, which the runtime ignores, are in programs as the caller has them",
  async (box) => {
    for (const ignored of [[], ["PIPE"], ["XFSZ"], ["PIPE", "XFSZ", "HUP"]]) {
      const trap = ignored.map((name) => `trap '' ${name};`).join(" ");
      const numbers: Record<string, bigint> = { HUP: 1n, PIPE: 13n, XFSZ: 25n };
      const mask = ignored.reduce((sum, name) => sum | 1n << numbers[name] - 1n, 0n);
      for (const words of ["init --", "pool", "pool --no-children"]) {
        const items = words.startsWith("pool") ? "::: /proc/self/status" : "/proc/self/status";
        const { stdout } = await box.sh(`${trap} exec "$IMP" ${words} grep SigIgn ${items}`);
        assertEquals([words, stdout], [
          words,
          `SigIgn:\t${mask.toString(16).padStart(16, "0")}\n`,
        ]);
      }
    }
  },
);

e2e(
  "init: what the caller ignores, the program ignores, whatever the runtime has handlers for",
  async (box) => {
    const names =
      "HUP INT QUIT ILL TRAP ABRT BUS FPE USR1 SEGV USR2 PIPE ALRM TERM STKFLT CONT TSTP " +
      "TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS RTMIN RTMAX";
    const mask = "grep SigIgn /proc/self/status";
    for (const ignored of [...names.split(" "), names]) {
      const { stdout, stderr } = await box.sh(
        `trap '' ${ignored}; ${mask}; "$IMP" init -- ${mask}; "$IMP" --version >version`,
      );
      // 32 and 33 are the C library's own.
      const others = ~(3n << 31n);
      const [plain, under] = stdout.trim().split("\n")
        .map((line) => (BigInt(`0x${line.split("\t")[1]}`) & others).toString(16));
      assertEquals([ignored, under, stderr], [ignored, plain, ""]);
    }
  },
);

e2e("init: where it may open nothing more, it is imp that has failed", async (box) => {
  // The runtime itself needs the two that remain.
  const { code, stderr } = await box.sh(`exec 3>&- 4>&-; ulimit -n 5; exec "$IMP" init -- true`);
  assertEquals(code, 125);
  // The words are libc's.
  assertMatch(
    stderr,
    /^imp init: cannot open a signalfd: EMFILE \(.+\)\n {2}raise .*'ulimit -n'\n$/,
  );
});

e2e("init: closed descriptors, SIGCHLD ignored, and an environment of any bytes", async (box) => {
  for (const closed of ["<&-", "3>&1 >&-", "<&- 2>&-"]) {
    const { stdout } = await box.sh(`"$IMP" init -- sh -c 'exit 4' ${closed}; echo $?`);
    assertEquals(stdout, "4\n");
  }
  const { stdout } = await box.sh(
    `trap '' CHLD; "$IMP" init -- sh -c 'sleep 0.02; exit 6'; echo $?`,
  );
  assertEquals(stdout, "6\n");
  const bytes = await box.sh(
    `X=$(printf 'a\\377b') "$IMP" init -- sh -c 'printf %s "$X$1" | od -An -tx1' x "$(printf '\\376')"`,
  );
  assertEquals(bytes.stdout.trim(), "61 ff 62 fe");
});

e2e("init: under nohup HUP stays ignored, in init and in the program", async (box) => {
  const { stdout } = await box.sh(
    `nohup "$IMP" init -- sh -c 'echo $PPID >ppid; exec sleep 60' >/dev/null 2>&1 & until [ -s ppid ]; do :; done
     p=$(cat ppid); kill -HUP $p; for q in $p $(cat /proc/$p/task/$p/children); do
     grep SigIgn /proc/$q/status; done; kill $p; wait; cat /proc/$p/stat 2>/dev/null; true`,
  );
  const masks = [...stdout.matchAll(/SigIgn:\s*(\w+)/g)].map(([, mask]) => BigInt(`0x${mask}`));
  assertEquals(masks.map((mask) => mask & 1n), [1n, 1n]);
});

e2e("init: sleeps without waking up", async (box) => {
  const child = box.sh(`"$IMP" init -- sh -c 'echo $PPID >pid; exec sleep 60'`);
  const pid = await pidOf(box, "pid");
  const switches = () =>
    [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) =>
      [
        ...Deno.readTextFileSync(`/proc/${pid}/task/${name}/status`).matchAll(
          /^voluntary_ctxt_switches:\s*(\d+)/gm,
        ),
      ]
        .reduce((sum, [, n]) => sum + Number(n), 0)
    ).reduce((a, b) => a + b, 0);
  // Until it has settled, then a while in which nothing may move.
  let last = -1;
  await eventually(
    async () => {
      const before = switches();
      await new Promise((resolve) => setTimeout(resolve, 2000));
      last = switches() - before;
      return last === 0;
    },
    () => `${last} context switches in 2 s`,
  );
  Deno.kill(pid, "SIGTERM");
  await child;
});

e2e("init: becomes small when it has nothing to do", async (box) => {
  const child = box.sh(`"$IMP" init -- sh -c 'echo $PPID >pid; exec sleep 60'`);
  const pid = await pidOf(box, "pid");
  const kib = (field: string) =>
    Number(new RegExp(`^${field}:\\s*(\\d+)`, "m").exec(readOr(`/proc/${pid}/status`) ?? "")?.[1]);
  await eventually(() => kib("RssFile") < 16_000, () => `${kib("RssFile")} KiB of files`);
  await eventually(() => kib("RssAnon") < 4_000, () => `${kib("RssAnon")} KiB of its own`);
  // It is as able as before.
  Deno.kill(pid, "SIGTERM");
  assertEquals((await child).code, 143);
});

e2e("init: -p: ends when its parent does", async (box) => {
  await box.sh(
    `sh -c '"$IMP" init -p TERM -- sh -c "echo \\$PPID >pid; exec sleep 60" & until [ -s pid ]; do :; done; kill -9 $$'`,
  );
  const pid = await pidOf(box, "pid");
  await eventually(() => !isAlive(pid), "init has ended");
});

e2e("init: nested, and a program that is stopped and continued without a terminal", async (box) => {
  const nested = await box.sh(`"$IMP" init -- "$IMP" init -- sh -c 'sleep 300 & exit 9'`);
  assertEquals(nested.code, 9);
  const { code } = await box.sh(
    `setsid "$IMP" init -- sh -c 'echo $PPID >pid; (until grep -q "^State:.T" /proc/$$/status; do sleep 0.01; done; kill -CONT $PPID) & kill -STOP $$; exit 8'`,
  );
  assertEquals(code, 8);
});

e2eAsRoot(
  "init: where its own /proc may not be read, and around a set-user-ID program",
  async (box) => {
    // A file that may be executed but not read makes /proc/self belong to root; so does the program's.
    await box.sh(
      'cp "$IMP" unreadable; chmod 711 unreadable .; cp /bin/sleep other; chmod 4711 other',
    );
    const asNobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
    const plain = await box.sh(
      `${asNobody} ./unreadable init -- sh -c 'setsid sleep 300 & sleep 301 & exit 5'`,
    );
    assertEquals([plain.code, plain.stderr], [5, ""]);
    assertEquals(box.processes(), []);
    const program = `until pgrep -P $p -x other >/dev/null; do :; done`;
    const { stdout } = await box.sh(
      `${asNobody} ./unreadable init -- ./other 300 & p=$!; ${program}; kill $p; wait $p; echo $?`,
    );
    assertEquals(stdout, "143\n");
  },
);
