// Pools of every kind that can be ended at any moment, with their output so far.
import { O_APPEND, O_CREAT, O_WRONLY } from "../../src/libc/abi.ts";
import { closeFile, openFile, readSome } from "../../src/libc/descriptors/files.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { signalName } from "../../src/libc/processes/signals.ts";
import { openTerminal } from "../../src/libc/descriptors/tty.ts";
import { type Ending, tryWait } from "../../src/libc/processes/wait.ts";
import { makeWorkerPipe } from "../../src/pool/workers/worker_processes.ts";
import { eventually, impBinary, type Sandbox } from "./harness.ts";

export const JOBS = 60;
export const SINKS = ["file", "pipe with a slow reader", "terminal"] as const;
export type Sink = typeof SINKS[number] | "pipe";

/** More than a page, so that a pipe may accept only half; a terminal is slower. */
const PADDING = { file: 9000, pipe: 9000, "pipe with a slow reader": 30_000, terminal: 700 };
/** A slow reader takes 64 KiB, then nothing for this long. */
const SLOW_MS = 20;
const EAGAIN = 11;

/** The first job is the slowest, and with -k all others wait for it. */
const WORK = `echo x >> begun; [ ! -e wait ] || until [ -e go ]; do sleep 0.01; done
  [ "$1" != 1 ] || sleep 0.2`;
const SAY = 'printf "<%s:%s>\\n" "$1" "$PAD"';

export interface Mode {
  readonly name: string;
  readonly words: readonly string[];
  /** Output leaves before the job has ended. */
  readonly streams?: boolean;
  /** Jobs write directly to the shared stdout: only short outputs stay whole. */
  readonly shared?: boolean;
}

const shell = (...options: string[]): readonly string[] => [
  ...options,
  "-a",
  "items",
  "--shell",
  `${WORK}; ${SAY}`,
];
const worker = `while read -r x; do set -- "$x"; ${WORK}; ${SAY}; done`;

export const MODES: readonly Mode[] = [
  { name: "--group", words: shell() },
  { name: "-k", words: shell("-k") },
  { name: "--json", words: shell("--json") },
  { name: "--line-buffer", words: shell("--line-buffer"), streams: true },
  { name: "-u", words: shell("-u"), streams: true, shared: true },
  { name: "--workers", words: ["--workers", "-a", "items", "sh", "-c", worker] },
  { name: "--workers -k", words: ["--workers", "-k", "-a", "items", "sh", "-c", worker] },
  { name: "--call", words: ["--call", "./call.js", "-a", "items"] },
  { name: "--call --json", words: ["--call", "./call.js", "--json", "-a", "items"] },
  {
    name: "--pipe",
    words: ["--pipe", "-N1", "-a", "items", "--shell", `read -r x; set -- "$x"; ${WORK}; ${SAY}`],
  },
];

const CALL = `import { appendFileSync, existsSync } from "node:fs";
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export default async (item) => {
  appendFileSync("begun", "x\\n");
  if (existsSync("wait")) while (!existsSync("go")) await sleep(10);
  if (item === "1") await sleep(200);
  return "<" + item + ":" + process.env.PAD + ">";
};`;

/** What a pool has done. */
export interface Ended {
  /** Items whose complete output arrived. */
  readonly jobs: readonly number[];
  /** Outputs that began but are incomplete. */
  readonly halves: number;
  /** A signal's name, or `exit N`. */
  readonly status: string;
}

export interface Started {
  /** Waits until that many jobs have begun, or all is over, and some milliseconds more. */
  hasBegun(jobs: number, more: number): Promise<void>;
  kill(signal: Deno.Signal): void;
  /** Closes the reader's end. */
  leave(): void;
  ended(): Promise<Ended>;
}

/** @param held jobs wait until there is a file `go` */
export function start(
  box: Sandbox,
  mode: Mode,
  sink: Sink,
  options: readonly string[],
  held?: "wait",
): Started {
  prepare(box, held);
  const { fd, reader, terminal } = open(box, sink);
  const padding = mode.shared ? PADDING.terminal : PADDING[sink];
  const pid = spawn({
    path: "/bin/sh",
    argv: [
      "sh",
      "-c",
      'cd "$0" && exec "$@"',
      box.directory,
      impBinary(),
      "pool",
      ...options,
      ...mode.words,
    ],
    env: [
      `PATH=${Deno.env.get("PATH")}`,
      `IMP_TEST_TAG=${box.tag}`,
      `PAD=${"y".repeat(padding)}`,
      "TERM=dumb",
    ],
    // Not on a terminal: the kernel drops output in transit when its session leader dies.
    newSession: terminal === undefined,
    terminal,
    descriptors: terminal ? [[0, 1], [0, 2]] : [[fd, 1]],
  });
  if (pid < 0) throw new Error(`cannot start imp: errno ${-pid}`);
  if (fd >= 0) closeFile(fd);
  const output = new Output(reader, sink === "pipe with a slow reader");
  let ending: Ending | undefined;
  const over = () => {
    output.read();
    if (ending) return true;
    const state = tryWait(pid);
    if (typeof state === "object") ending = state.ending;
    return ending !== undefined;
  };
  return {
    hasBegun: async (jobs, more) => {
      await eventually(() => over() || begun(box) >= jobs, "no job begins");
      await new Promise((resolve) => setTimeout(resolve, more));
    },
    // An ended process is not reaped before `ended`: the PID is still its own.
    kill: (signal) => ending || Deno.kill(pid, signal),
    leave: () => output.close(),
    ended: async () => {
      await eventually(over, "the pool does not end", 120_000);
      await eventually(() => output.read(), "somebody still has its stdout", 120_000);
      const text = reader < 0 ? Deno.readTextFileSync(box.path("out")) : output.text;
      return { ...found(text, padding), status: told(ending!) };
    },
  };
}

/** Items in the rows of the job log, in order. */
export function rowsOf(box: Sandbox): number[] {
  let text = "";
  try {
    text = Deno.readTextFileSync(box.path("log"));
  } catch {
    // None yet.
  }
  return text.split("\n").slice(1, -1).map((row) => Number(row.split("\t")[0]));
}

function prepare(box: Sandbox, held: "wait" | undefined): void {
  const items = Array.from({ length: JOBS }, (_, i) => `${i + 1}\n`).join("");
  Deno.writeTextFileSync(box.path("items"), items);
  Deno.writeTextFileSync(box.path("call.js"), CALL);
  if (held) Deno.writeTextFileSync(box.path("wait"), "");
}

function open(box: Sandbox, sink: Sink): { fd: number; reader: number; terminal?: string } {
  if (sink === "file") {
    Deno.writeTextFileSync(box.path("out"), "");
    return { fd: openFile(box.path("out"), O_WRONLY | O_CREAT | O_APPEND), reader: -1 };
  }
  if (sink === "terminal") {
    const { master, path } = openTerminal({ rows: 40, columns: 132 });
    return { fd: -1, reader: master, terminal: path };
  }
  const { own, other } = makeWorkerPipe("read");
  return { fd: other, reader: own };
}

/** What a reader has read. */
class Output {
  text = "";
  private next = 0;
  private readonly decoder = new TextDecoder();

  constructor(private fd: number, private readonly slow: boolean) {}

  /** @returns whether it is at its end */
  read(): boolean {
    if (this.slow && performance.now() < this.next) return false;
    this.next = performance.now() + SLOW_MS;
    for (let reads = 0; this.fd >= 0 && reads < (this.slow ? 1 : 64); reads++) {
      const chunk = readSome(this.fd);
      if (chunk === -EAGAIN) return false;
      // A terminal ends with EIO.
      if (typeof chunk === "number" || chunk.length === 0) this.close();
      else this.text += this.decoder.decode(chunk, { stream: true });
    }
    return this.fd < 0;
  }

  close(): void {
    if (this.fd >= 0) closeFile(this.fd);
    this.fd = -1;
  }
}

function begun(box: Sandbox): number {
  try {
    return Deno.statSync(box.path("begun")).size / 2;
  } catch {
    return 0;
  }
}

function found(text: string, padding: number): Pick<Ended, "jobs" | "halves"> {
  const whole = new RegExp(`<(\\d+):y{${padding}}>`, "g");
  const jobs = [...text.matchAll(whole)].map(([, item]) => Number(item));
  return { jobs, halves: text.split("<").length - 1 - jobs.length };
}

function told(ending: Ending): string {
  return ending.how === "exit" ? `exit ${ending.code}` : `SIG${signalName(ending.signal)}`;
}
