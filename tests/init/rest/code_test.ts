// The machine code that imp init rests in, executed: by the processor itself, and that of arm64 by qemu-user.
import { assert, assertEquals } from "@std/assert";
import { awaitedSignals } from "../../../src/init/forwarding.ts";
import { restImage } from "../../../src/init/rest/image.ts";
import { END_RULE, PAGE_VARIABLE, REST_PAGE, TO_GROUP } from "../../../src/init/rest/rest_page.ts";
import { CHILD_ONLY, setOfSignals } from "../../../src/init/rest/tables.ts";
import {
  O_RDONLY,
  SIGHUP,
  SIGTERM,
  SIGTSTP,
  SIGUSR1,
  SIGUSR2,
  WCONTINUED,
  WNOHANG,
  WUNTRACED,
} from "../../../src/libc/abi.ts";
import { closeFile, openFile } from "../../../src/libc/descriptors/files.ts";
import { createSharedMemory, mapShared } from "../../../src/libc/descriptors/mapping.ts";
import { openSignalfd } from "../../../src/libc/processes/signalfd.ts";
import { spawn } from "../../../src/libc/processes/spawn.ts";
import { type Ending, tryWait } from "../../../src/libc/processes/wait.ts";
import { eventually, exists, installed, isAlive, statFields } from "../../e2e/harness.ts";
import { skip } from "../../skip.ts";
import { find } from "../../keeper/waiter/stage.ts";

const MACHINES = [
  { arch: "x64", machine: "x86_64", most: 1024 },
  { arch: "arm64", machine: "aarch64", most: 1280 },
] as const;
const HEADERS = 64 + 2 * 56;
const PAGE_FD = 12, IMP_FD = 3, SIGNALS_FD = 4;

/** Starts the program, and others, and becomes what rests, with every signal blocked. */
const BEGIN = `
import json, os, signal, subprocess, sys
of = json.loads(sys.argv[1])
os.chdir(of["directory"])
# Before anybody knows whom to signal.
signal.pthread_sigmask(signal.SIG_SETMASK, set(range(1, 65)) - {9, 16, 19, 32, 33})
program = os.fork()
if program == 0:
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    os.setsid()
    os.execvp("sh", ["sh", "-c", of["script"]])
open(".program", "w").write(str(program))
os.rename(".program", "program")
for _ in range(of["zombies"]):
    child = os.fork()
    if child == 0: os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
other = 0
if of["other"]:
    other = os.fork()
    if other == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        os.execvp("sleep", ["sleep", "300"])
    open(".other", "w").write(str(other))
    os.rename(".other", "other")
for fd in (3, 4, 12): os.set_inheritable(fd, True)
os.execve(of["words"][0], of["words"] + ["init", "--", "program"], dict(of["env"]))
`;

/** One that rests, with a shell script as its program. */
class Rest {
  private readonly fd = createSharedMemory(REST_PAGE.bytes);
  readonly view = new DataView(mapShared(this.fd, REST_PAGE.bytes));
  readonly directory = Deno.makeTempDirSync({ prefix: "imp-rest-" });
  readonly pid: number;
  private ending: Ending | undefined;

  /** @param imp what it executes as imp */
  constructor(
    words: readonly string[],
    script: string,
    { imp = "/dev/null", zombies = 0, other = false } = {},
  ) {
    this.put("imp", IMP_FD);
    this.put("signals", SIGNALS_FD);
    this.put("options", WNOHANG | WUNTRACED | WCONTINUED);
    this.put("rule", END_RULE.alone | END_RULE.thinkOfInterrupt);
    this.view.setBigUint64(REST_PAGE.awaited, setOfSignals(awaitedSignals()), true);
    this.view.setBigUint64(REST_PAGE.childOnly, CHILD_ONLY, true);
    this.view.setBigInt64(REST_PAGE.patience, 10n, true);
    this.view.setBigInt64(REST_PAGE.retry, 1n, true);
    for (const n of awaitedSignals()) this.forward(n, n);
    const signals = openSignalfd(awaitedSignals(), true);
    const file = openFile(imp, O_RDONLY);
    const env = [
      [PAGE_VARIABLE.slice(0, -1), `${PAGE_FD}`],
      ["PATH", "/usr/local/bin:/usr/bin:/bin"],
      ["AT", this.directory],
    ];
    // The emulator turns the order.
    if (words.length > 1) env.reverse();
    const spec = { words, env, script, zombies, other, directory: this.directory };
    this.pid = spawn({
      path: find("python3", (Deno.env.get("PATH") ?? "").split(":")),
      argv: ["python3", "-c", BEGIN, JSON.stringify(spec)],
      env: env.map((pair) => pair.join("=")),
      descriptors: [[file, IMP_FD], [signals, SIGNALS_FD], [this.fd, PAGE_FD]],
    });
    closeFile(file);
    closeFile(signals);
    assert(this.pid > 0);
  }

  put(word: keyof typeof REST_PAGE, value: number): void {
    this.view.setInt32(REST_PAGE[word], value, true);
  }

  get(word: keyof typeof REST_PAGE): number {
    return this.view.getInt32(REST_PAGE[word], true);
  }

  forward(from: number, to: number): void {
    this.view.setUint8(REST_PAGE.byProcess + from, to);
  }

  /** Waits until the program says that it is there. */
  async begins(): Promise<number> {
    await eventually(() => this.said().includes("up\n"), "the program is there");
    const program = await this.pidIn("program");
    this.put("program", program);
    this.put("running", program);
    return program;
  }

  async pidIn(name: string): Promise<number> {
    const path = `${this.directory}/${name}`;
    await eventually(() => exists(path), `${name} is written`);
    return Number(Deno.readTextFileSync(path));
  }

  said(): string {
    try {
      return Deno.readTextFileSync(`${this.directory}/said`);
    } catch {
      return "";
    }
  }

  async says(text: string): Promise<void> {
    await eventually(() => this.said().includes(text), () => `${text} in ${this.said()}`);
  }

  async ends(): Promise<Ending> {
    await eventually(() => {
      const state = tryWait(this.pid);
      if (state !== "running" && state !== undefined) this.ending = state.ending;
      return this.ending !== undefined;
    }, "it exits");
    return this.ending!;
  }

  async close(): Promise<void> {
    const program = await this.pidIn("program");
    for (const pid of [-program, program, ...this.ending ? [] : [this.pid]]) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // Gone.
      }
    }
    if (!this.ending) await this.ends();
    closeFile(this.fd);
    Deno.removeSync(this.directory, { recursive: true });
  }
}

/** Says which signals it gets. */
const LISTENS =
  `for n in HUP TERM USR1 USR2 TSTP; do trap "echo $n >>said" $n; done; echo up >>said; ` +
  `while :; do sleep 0.02; done`;
const ends = (how: string) => `echo up >>said; until [ -e end ]; do sleep 0.02; done; ${how}`;

const TRIALS: Record<string, (words: string[]) => Promise<void>> = {
  "forwards by its table, remembers what was sent, and stays asleep": async (words) => {
    const rest = new Rest(words, LISTENS);
    try {
      rest.forward(SIGHUP, 0);
      rest.forward(SIGTERM, SIGUSR2);
      rest.forward(SIGUSR1, SIGUSR1 | TO_GROUP);
      await rest.begins();
      for (const [signal, got] of [["SIGTERM", "USR2"], ["SIGUSR1", "USR1"], ["SIGUSR2", "USR2"]]) {
        Deno.kill(rest.pid, signal as Deno.Signal);
        await rest.says(`${got}\n`);
      }
      Deno.kill(rest.pid, "SIGHUP");
      const sent = () => rest.view.getBigUint64(REST_PAGE.sent, true);
      assertEquals(sent(), setOfSignals([SIGUSR1, SIGUSR2]));
      Deno.kill(rest.pid, "SIGCONT");
      await eventually(() => sent() === 0n, "forgotten");
      assertEquals(rest.said().includes("HUP"), false);
      await eventually(() => statFields(rest.pid)?.[0] === "S", "asleep");
    } finally {
      await rest.close();
    }
  },

  "reaps orphans, and exits as the program": async (words) => {
    for (
      const [how, expected, ending] of [
        ["exit 7", [], { how: "exit", code: 7 }],
        ["exit 0", [], { how: "exit", code: 0 }],
        ["exit 255", [], { how: "exit", code: 255 }],
        ["exit 77", [77], { how: "exit", code: 0 }],
        ["kill $$", [], { how: "exit", code: 143 }],
        ["kill $$", [142], { how: "exit", code: 143 }],
        ["kill -KILL $$", [137, 0], { how: "exit", code: 0 }],
      ] as const
    ) {
      const rest = new Rest(words, ends(how), { zombies: 10 });
      try {
        for (const status of expected) {
          const at = REST_PAGE.expected + (status >> 3);
          rest.view.setUint8(at, rest.view.getUint8(at) | 1 << (status & 7));
        }
        await rest.begins();
        Deno.writeTextFileSync(`${rest.directory}/end`, "");
        assertEquals(await rest.ends(), ending, how);
        assertEquals(rest.get("failures"), 0);
      } finally {
        await rest.close();
      }
    }
  },

  "leaves others to themselves, or asks them, by its rule": async (words) => {
    for (const rule of [END_RULE.leave, END_RULE.ask]) {
      const rest = new Rest(words, ends("exit 3"), { other: true });
      try {
        rest.put("rule", rule);
        await rest.begins();
        const pid = await rest.pidIn("other");
        rest.put("askTo", pid);
        Deno.writeTextFileSync(`${rest.directory}/end`, "");
        assertEquals(await rest.ends(), { how: "exit", code: 3 });
        if (rule === END_RULE.leave) {
          assertEquals(isAlive(pid), true);
          Deno.kill(pid, "SIGKILL");
        }
        await eventually(() => !isAlive(pid), "asked to end");
      } finally {
        await rest.close();
      }
    }
  },

  "where imp cannot be executed it forwards, and exits at last": async (words) => {
    const rest = new Rest(words, LISTENS, { other: true });
    try {
      const program = await rest.begins();
      // Something to think about: it is forwarded as it is when the helper has failed.
      rest.view.setBigUint64(REST_PAGE.thought, setOfSignals([SIGTSTP]), true);
      Deno.kill(rest.pid, "SIGTSTP");
      await rest.says("TSTP\n");
      Deno.kill(program, "SIGSTOP");
      await eventually(() => rest.get("failures") >= 3, "tried again");
      Deno.kill(rest.pid, "SIGUSR1");
      Deno.kill(program, "SIGCONT");
      await rest.says("USR1\n");
      await eventually(() => rest.get("stopped") === 0, "continued");
      Deno.kill(program, "SIGKILL");
      assertEquals(await rest.ends(), { how: "exit", code: 137 });
      assert(rest.get("failures") >= 6);
      Deno.kill(await rest.pidIn("other"), "SIGKILL");
    } finally {
      await rest.close();
    }
  },

  "where imp cannot be executed it asks at least those whom it can reach": async (words) => {
    const rest = new Rest(words, ends("exit 3"), { other: true });
    try {
      await rest.begins();
      const other = await rest.pidIn("other");
      rest.put("askTo", other);
      Deno.writeTextFileSync(`${rest.directory}/end`, "");
      assertEquals(await rest.ends(), { how: "exit", code: 3 });
      assertEquals([isAlive(other), rest.get("failures") < 6], [false, true]);
    } finally {
      await rest.close();
    }
  },
};

/** What takes execveat(2), which the emulator lacks. */
const NATIVE: typeof TRIALS = {
  "executes imp with its words, when a helper has proven that it can be": async (words) => {
    const script = Deno.makeTempFileSync({ prefix: "imp-rest-" });
    // The helper says so, as `proven` and by CHLD; in place of init it says with what it was executed.
    Deno.writeTextFileSync(
      script,
      `#!/bin/sh
cd "$AT"
if [ "$(cut -d" " -f4 /proc/$$/stat)" = "$(cat rests)" ]; then
  echo $$ >helper
  printf '\\001' | dd of=/proc/self/fd/$2 bs=4 seek=9 conv=notrunc 2>/dev/null; kill -CHLD $PPID; sleep 300; fi
echo "$@" >awake; env | sort >>awake; exit 9
`,
    );
    Deno.chmodSync(script, 0o755);
    const rest = new Rest(words, LISTENS, { imp: script });
    try {
      Deno.writeTextFileSync(`${rest.directory}/rests`, `${rest.pid}\n`);
      const program = await rest.begins();
      Deno.kill(program, "SIGSTOP");
      assertEquals(await rest.ends(), { how: "exit", code: 9 });
      const [said, ...env] = Deno.readTextFileSync(`${rest.directory}/awake`).split("\n");
      assertEquals(said, `init-awake ${PAGE_FD} ${words.join(" ")} init -- program`);
      assertEquals(env.some((one) => one.startsWith(PAGE_VARIABLE)), false);
      assertEquals(env.includes(`AT=${rest.directory}`), true);
      assertEquals([rest.get("failures"), rest.get("proven")], [0, 0]);
      assertEquals([rest.get("helper"), isAlive(await rest.pidIn("helper"))], [0, false]);
    } finally {
      await rest.close();
      Deno.removeSync(script);
    }
  },
};

for (const { arch, machine, most } of MACHINES) {
  const native = machine === Deno.build.arch;
  const emulator = `qemu-${machine}-static`;
  for (const [title, trial] of Object.entries({ ...TRIALS, ...NATIVE })) {
    const name = `init at rest, ${machine}: ${title}`;
    Deno.test({
      name,
      sanitizeOps: false,
      sanitizeResources: false,
      fn: async () => {
        if (!native && !installed(emulator)) return skip(name, `${emulator} is not installed`);
        if (!installed("python3")) return skip(name, "python3 is not installed");
        if (!native && title in NATIVE) return skip(name, "the emulator has no execveat");
        const path = Deno.makeTempFileSync({ prefix: "imp-rest-" });
        try {
          Deno.writeFileSync(path, restImage(arch));
          Deno.chmodSync(path, 0o755);
          const path$ = (Deno.env.get("PATH") ?? "").split(":");
          await trial(native ? [path] : [find(emulator, path$), path]);
        } finally {
          Deno.removeSync(path);
        }
      },
    });
  }

  Deno.test(`init at rest, ${machine}: it is small`, () => {
    const bytes = restImage(arch).length - HEADERS;
    assert(bytes <= most, `${bytes} bytes`);
  });
}
