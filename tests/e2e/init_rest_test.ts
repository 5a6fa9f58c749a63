// imp init at rest: a program runs for longer than a second, and machine code waits in imp's place (docs/init.md).
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  e2eAsRoot,
  e2eOfBinary,
  eventually,
  impBinary,
  NEVER,
  rounds,
  type Sandbox,
  statFields,
} from "./harness.ts";
import { isMusl, notForwarded } from "./libc_of_binary.ts";
import { onScreen } from "./init_terminal.ts";

const AS_PID_1 = ["unshare", "-pf", "--mount-proc", "--kill-child"];
/** For scripts that init runs: when init rests. */
const AT_REST = `until [ "$(cat /proc/$PPID/comm)" = imp-init ]; do sleep 0.02; done;`;
/** The same in Python. */
const WAIT = `
import os, signal, sys, time
def rest():
    while open("/proc/%d/comm" % os.getppid()).read() != "imp-init\\n": time.sleep(0.02)
`;
const ECHO = `${WAIT}
wanted = [n for n in range(1, 65) if n not in (9, 16, 17, 19, 32, 33)]
signal.pthread_sigmask(signal.SIG_SETMASK, set(range(1, 65)) - {32, 33})
rest()
missing = []
for n in wanted:
    os.kill(os.getppid(), n)
    if signal.sigtimedwait({n}, 30) is None: missing.append(n)
print("missing", missing, "extra", sorted(signal.sigpending()), open("/proc/%d/comm" % os.getppid()).read())
`;

function home(box: Sandbox): Record<string, string> {
  return { IMP_HOME: box.path("home") };
}

function comm(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trim();
  } catch {
    return "";
  }
}

async function rests(pid: number): Promise<void> {
  await eventually(() => comm(pid) === "imp-init", () => `it rests, and is not ${comm(pid)}`);
}

function status(pid: number, field: string): string {
  const text = Deno.readTextFileSync(`/proc/${pid}/status`);
  return RegExp(`^${field}:\\s*(.*)$`, "m").exec(text)?.[1] ?? "";
}

e2eOfBinary(
  "init at rest: it is small, asleep, and has its words, mask and parent",
  async (box) => {
    const init = box.start(["init", "--", "sleep", NEVER], { env: home(box) });
    await rests(init.pid);
    const rollup = Deno.readTextFileSync(`/proc/${init.pid}/smaps_rollup`);
    const of = (name: string) => Number(RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(rollup)?.[1]);
    assert(of("Private_Clean") + of("Private_Dirty") <= 40, rollup);
    const words = Deno.readTextFileSync(`/proc/${init.pid}/cmdline`).split("\0");
    assertEquals(words.slice(1), ["init", "--", "sleep", NEVER, ""]);
    const blocked = await isMusl(box) ? "fffffffc7ffb7eff" : "fffffffe7ffb7eff";
    assertEquals(status(init.pid, "SigBlk"), blocked);
    assertEquals(Number(status(init.pid, "PPid")), Deno.pid);
    await eventually(() => statFields(init.pid)?.[0] === "S", "asleep");
    const switches = status(init.pid, "voluntary_ctxt_switches");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assertEquals(status(init.pid, "voluntary_ctxt_switches"), switches);
    const maps = Deno.readTextFileSync(`/proc/${init.pid}/maps`).split("\n");
    assertEquals(maps.filter((line) => /^\S+ .w.x/.test(line)), []);
    // inspect recognises it by its command line.
    const told = await box.run([
      "sh",
      "-c",
      `"${impBinary()}" inspect --json $(pgrep -P ${init.pid})`,
    ]);
    assertEquals(told.code, 0, told.stderr);
    init.kill("SIGTERM");
    assertEquals((await init.status).code, 143);
  },
);

for (const [where, before] of [["as subreaper", []], ["as PID 1", AS_PID_1]] as const) {
  const define = before.length > 0 ? e2eAsRoot : e2eOfBinary;
  const init = `${before.join(" ")} "$IMP" init`;

  define(`init at rest, ${where}: every forwardable signal reaches the program`, async (box) => {
    for (const options of ["", "-g"]) {
      const { stdout, stderr } = await box.sh(`${init} ${options} -- python3 -c '${ECHO}'`, {
        env: home(box),
      });
      const missing = `missing [${await notForwarded(box)}]`;
      assertEquals([stdout, stderr], [`${missing} extra [] imp-init\n\n`, ""]);
    }
  });

  define(`init at rest, ${where}: 5,000 signals, and many orphans`, async (box) => {
    const storm = `${WAIT}
signal.pthread_sigmask(signal.SIG_SETMASK, {40, 41, 10})
rest()
init = os.getppid()
sent = os.fork()
if sent == 0:
    for i in range(5000):
        os.kill(init, 40)
        os.kill(init, 10)
    os._exit(0)
count = 0
while count < 5000 and signal.sigtimedwait({40}, 60): count += 1
os.waitpid(sent, 0)
for i in range(${rounds(10, before.length > 0 ? 10 : 100)}):
    middle = os.fork()
    if middle == 0:
        for j in range(100):
            if os.fork() == 0: os._exit(0)
        os._exit(0)
    os.waitpid(middle, 0)
children = lambda: len(open("/proc/%d/task/%d/children" % (init, init)).read().split())
for i in range(6000):
    if children() == 1: break
    time.sleep(0.01)
print(count, children(), open("/proc/%d/comm" % init).read())
`;
    const { stdout, stderr } = await box.sh(`${init} -- python3 -c '${storm}'`, { env: home(box) });
    assertEquals([stdout, stderr], ["5000 1 imp-init\n\n", ""]);
  });

  define(
    `init at rest, ${where}: it exits as the program, and ends what that left`,
    async (box) => {
      const run = async (options: string, script: string) => {
        const { code, stderr } = await box.sh(
          `exec ${init} ${options} -- sh -c '${AT_REST} ${script}'`,
          {
            env: home(box),
          },
        );
        return [code, stderr.replace(/pid \d+/g, "pid N")];
      };
      assertEquals(await run("", "exit 7"), [7, ""]);
      assertEquals(await run("-e 7", "exit 7"), [0, ""]);
      assertEquals(await run("", "kill -TERM $$"), [143, ""]);
      const left = `setsid sleep 301 & until grep -q sleep /proc/$!/comm; do :; done; exit 3`;
      const told = "imp init: outlived the program: pid N (sleep 301)\n";
      assertEquals(await run(`-w --grace ${NEVER}`, left), [3, told]);
      const stubborn =
        `sh -c "trap : TERM; echo >up; while :; do sleep 0.05; done" 2>/dev/null & until [ -e up ]; do :; done; exit 4`;
      assertEquals(await run("--grace 200ms", stubborn), [4, ""]);
      assertEquals(box.processes(), []);
    },
  );
}

e2eOfBinary("init at rest: after SIGINT it ends by that too", async (box) => {
  const { signal } = await box.imp(["init", "--", "sh", "-c", `${AT_REST} kill -INT $$`], {
    env: home(box),
  });
  assertEquals(signal, "SIGINT");
});

e2eOfBinary("init at rest: rewrites, drops, and its parent's end", async (box) => {
  const script =
    `trap "echo USR1 >>out" USR1; trap "echo HUP >>out" HUP; trap "exit 5" USR2; ${AT_REST} echo up >>out; while :; do sleep 0.02; done`;
  const { stdout } = await box.sh(
    `sh -c '"$IMP" init -r TERM:USR1 -r HUP:0 -p USR2 -- sh -c "$0" & echo $! >pid; wait' '${script}' & p=$!
     until grep -q up out; do sleep 0.02; done; i=$(cat pid)
     kill -HUP $i; kill -TERM $i; until grep -q USR1 out; do sleep 0.02; done
     kill -KILL $p; while kill -0 $i 2>/dev/null; do sleep 0.02; done; cat out`,
    { env: home(box) },
  );
  assertEquals(stdout, "up\nUSR1\n");
});

/** imp in a file of its own, which changes while init rests. */
async function resting(box: Sandbox, script: string, options: string[] = []) {
  const path = box.path("imp");
  if (!await Deno.stat(path).catch(() => undefined)) {
    Deno.copyFileSync(impBinary(), path);
    Deno.chmodSync(path, 0o755);
  }
  const init = new Deno.Command(path, {
    args: ["init", ...options, "--", "sh", "-c", script],
    cwd: box.directory,
    env: { ...home(box), IMP_TEST_TAG: box.tag },
    stdin: "null",
    stdout: "null",
    // What is left may hold it open.
    stderr: options.length > 0 ? "piped" : "null",
  }).spawn();
  await rests(init.pid);
  return { path, init };
}

const UNTIL_USR1 = `trap "setsid sleep 302 & exit 6" USR1; while :; do sleep 0.02; done`;

e2eOfBinary("init at rest: imp's file was deleted, replaced: the same imp goes on", async (box) => {
  const { path, init } = await resting(box, UNTIL_USR1, ["-w"]);
  Deno.removeSync(path);
  Deno.writeTextFileSync(path, "#!/bin/sh\nexit 99\n", { mode: 0o755 });
  init.kill("SIGUSR1");
  const { code, stderr } = await init.output();
  assertEquals(code, 6);
  assertMatch(new TextDecoder().decode(stderr), /^imp init: outlived the program: .*\n$/);
});

e2eOfBinary(
  "init at rest: imp's file was cut: it forwards, and exits as the program",
  async (box) => {
    const { path, init } = await resting(box, UNTIL_USR1);
    Deno.truncateSync(path, 100_000);
    init.kill("SIGUSR1");
    const { code } = await init.status;
    assertEquals(code, 6);
    // Outside a PID namespace it could not end that: nobody knew what was left.
    await box.endAll();
  },
);

e2eOfBinary(
  "init at rest: a file that is another program starts nothing a second time",
  async (box) => {
    const script = `echo >>begun; ${UNTIL_USR1}`;
    const { path, init } = await resting(box, script);
    Deno.writeTextFileSync(path, "#!/bin/sh\necho $@ >>said; exit 0\n");
    init.kill("SIGUSR1");
    const { code } = await init.status;
    assertEquals([code, Deno.readTextFileSync(box.path("begun"))], [6, "\n"]);
    await box.endAll();
  },
);

e2eOfBinary("init where no file can be executed: it stays imp", async (box) => {
  for (const place of ["/proc/none", "relative"]) {
    const init = box.start(["init", "--", "sleep", NEVER], { env: { IMP_HOME: place } });
    const rss = () => Number(/(\d+) kB/.exec(status(init.pid, "VmRSS"))?.[1]);
    // It becomes small in another way.
    await eventually(() => comm(init.pid) === "imp" && rss() < 25_000, () => `small: ${rss()}`);
    init.kill("SIGTERM");
    assertEquals((await init.status).code, 143);
  }
});

e2eAsRoot(
  "init at rest in a container with a read-only root, and one without HOME",
  async (box) => {
    const ask = `sh -c 'sleep 2; cat /proc/$PPID/comm; exit 5'`;
    const readOnly = await box.sh(
      `unshare -mpf --kill-child sh -c 'mount -t proc proc /proc; mount --bind / /mnt && mount -o remount,bind,ro /mnt;
     mount --rbind /proc /mnt/proc; mount --rbind /dev /mnt/dev; IMP_HOME=/no-imp exec chroot /mnt "$0" init -- ${
        ask.replaceAll("'", `"`).replaceAll("$", "\\$")
      }' "$IMP"`,
    );
    assertEquals([readOnly.code, readOnly.stdout], [5, "imp\n"], readOnly.stderr);
    const nobody =
      `setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH="$PATH" IMP_TEST_TAG="$IMP_TEST_TAG"`;
    const homeless = await box.sh(`chmod 711 . ; ${nobody} "$IMP" init -- ${ask}`);
    assertEquals([homeless.code, homeless.stdout], [5, "imp\n"], homeless.stderr);
    const housed = await box.sh(
      `mkdir own; chown 65534 own; ${nobody} HOME="$PWD/own" "$IMP" init -- ${ask}; find own -type f | sed s,.*/,,`,
    );
    assertEquals(housed.stdout, "imp-init\nimp-init\n", housed.stderr);
  },
  ["setpriv"],
);

e2eOfBinary(
  "init at rest as tini: it exits at once, and leaves what the program left",
  async (box) => {
    for (const options of ["-s", "-g"]) {
      const { code, stdout, stderr } = await box.sh(
        `ln -sf "$IMP" tini; exec ./tini ${options} -- sh -c '${AT_REST} cat /proc/$PPID/comm; setsid sleep 304 >/dev/null 2>&1 & exit 8'`,
        { env: { ...home(box), TINI_SUBREAPER: "1" } },
      );
      assertEquals([code, stdout, stderr], [8, "imp-init\n", ""]);
      await box.endAll();
    }
  },
);

e2eOfBinary(
  "init at rest as dumb-init: it stops with TSTP, goes on, and asks the session",
  async (box) => {
    Deno.symlinkSync(impBinary(), box.path("dumb-init"));
    const script =
      `trap "echo CONT >>out" CONT; trap "echo TERM >>out; exit 9" TERM; ${AT_REST} echo up >>out; while :; do sleep 0.02; done`;
    const init = new Deno.Command(box.path("dumb-init"), {
      args: ["-r", "1:10", "--", "sh", "-c", script],
      cwd: box.directory,
      env: { ...home(box), IMP_TEST_TAG: box.tag },
      stdin: "null",
    }).spawn();
    const said = async (text: string) =>
      await eventually(() => {
        try {
          return Deno.readTextFileSync(box.path("out")).endsWith(`${text}\n`);
        } catch {
          return false;
        }
      }, `it says ${text}`);
    await said("up");
    init.kill("SIGTSTP");
    await eventually(() => statFields(init.pid)?.[0] === "T", "stopped");
    assertEquals(comm(init.pid), "imp");
    init.kill("SIGCONT");
    await said("CONT");
    await rests(init.pid);
    init.kill("SIGTERM");
    assertEquals((await init.status).code, 9);
  },
);

const SHELL = ["/bin/bash", "--norc", "--noprofile", "-i"];
const JOB =
  `sh -c 'trap "echo g''ot-int; exit 9" INT; trap "echo g''ot-cont" CONT; ${AT_REST} sleep 1000 & echo u''p; while :; do wait; done'`;

if (!Deno.env.has("IMP_FROM_SOURCE")) {
  onScreen(
    "init at rest under bash: Ctrl-Z, fg, rest, Ctrl-Z, bg, fg, Ctrl-C",
    SHELL,
    async (screen, box) => {
      screen.type(`IMP_HOME=${box.path("home")} "$IMP" init -- ${JOB}\n`);
      await screen.sees(/up\r/);
      for (const way of ["fg", "bg"]) {
        await eventually(() => box.processes().some((pid) => comm(pid) === "imp-init"), "at rest");
        screen.type("\x1a");
        await screen.sees(/stopped/i);
        assert(box.processes().every((pid) => comm(pid) !== "imp-init"), "imp itself has stopped");
        screen.type(`${way}\n`);
        await screen.sees(/got-cont/);
      }
      screen.type("fg\n");
      await screen.sees(/init/);
      await screen.insists("\x03", /got-int/);
      await screen.insists("echo co''de $?\n", /code 9/);
    },
  );

  onScreen(
    "init at rest under bash: Ctrl-C ends it as it ends the program",
    SHELL,
    async (screen, box) => {
      screen.type(
        `IMP_HOME=${box.path("home")} "$IMP" init -- sh -c '${AT_REST} echo u''p; exec sleep 30'\n`,
      );
      await screen.sees(/up\r/);
      screen.type("\x03");
      await screen.insists("echo co''de $?\n", /code 130/);
    },
  );

  onScreen("init at rest as dumb-init under bash: Ctrl-Z, one fg", SHELL, async (screen, box) => {
    Deno.symlinkSync(impBinary(), box.path("dumb-init"));
    screen.type(`IMP_HOME=${box.path("home")} ${box.path("dumb-init")} ${JOB}\n`);
    await screen.sees(/up\r/);
    screen.type("\x1a");
    await screen.sees(/stopped/i);
    screen.type("fg\n");
    await screen.sees(/got-cont/);
    await screen.insists("\x03", /got-int/);
    await screen.insists("echo co''de $?\n", /code 9/);
  });
}
