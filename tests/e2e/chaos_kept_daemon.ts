// A kept daemon of the chaos run: its behaviour, and what the kernel and its records show about it.
import { freePort } from "../free_port.ts";
import { assert, assertEquals } from "@std/assert";
import { readKeeperPage } from "../../src/keeper/waiter/keeper_page.ts";
import { readIntentRecord, readStateRecord } from "../../src/keeper/records/reading.ts";
import { WAITER_FD } from "../../src/keeper/waiter/page_layout.ts";
import {
  contentOf,
  endIfThere,
  eventually,
  isAlive,
  type Sandbox,
  statFields,
  wordsOf,
} from "./harness.ts";

/**
 * Each copy takes a lock that its whole tree holds: a second copy next to it, or to its remains, records that. After
 * each log line it records, in a separate file, that it has written it. Clients of its socket are told its PID. It
 * records what it finds in the watched directory.
 */
const PROGRAM = `
import fcntl, os, signal, socket, sys, threading, time
base = sys.argv[1]
signal.signal(signal.SIGHUP, lambda *_: None)
def note(name, text):
    file = os.open(base + name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, text)
    os.close(file)
lock = os.open(base + ".held", os.O_RDWR | os.O_CREAT, 0o600)
os.set_inheritable(lock, True)
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    note(".wrong", b"%d: a second copy\\n" % os.getpid())
if os.path.exists(base + ".crash"):
    sys.exit(3)
if os.path.exists(base + ".src"):
    with open(base + ".src/number") as source, open(base + ".seen", "w") as seen:
        seen.write(source.read())
if os.fork() == 0:
    os.setsid()
    os.execvp("sleep", ["sleep", "1000"])
def serve():
    listener = socket.socket(fileno=3)
    while True:
        one, _ = listener.accept()
        one.sendall(b"%d" % os.getpid())
        one.close()
if os.environ.get("LISTEN_PID") == str(os.getpid()):
    threading.Thread(target=serve, daemon=True).start()
run = b"%d-%d" % (os.getpid(), time.monotonic_ns())
told = os.open(base + ".told", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
number = 0
while True:
    for _ in range(4):
        line = b"line %s %d of it\\n" % (run, number)
        if os.write(1, line) != len(line):
            note(".wrong", b"a line was cut\\n")
        os.write(told, line)
        number += 1
    time.sleep(0.02)
`;

export const LOG_WAYS: readonly (readonly string[])[] = [
  [],
  ["--log-format", "time"],
  ["--log-max", "32K", "--log-keep", "10000"],
];

export class ChaosDaemon {
  /** One command or attack at a time. */
  busy = false;
  private readonly base: string;
  private readonly directory: string;
  private readonly logWay: readonly string[];
  private readonly waiterWay: readonly string[];
  /** The port of its socket, if any. */
  private readonly port?: number;
  /** The path that is watched, and how often it was changed. */
  private readonly source?: string;
  private changes = 0;

  constructor(box: Sandbox, readonly home: string, index: number) {
    this.name = `d${index}`;
    this.base = box.path(this.name);
    this.directory = `${home}/daemons/${this.name}`;
    this.logWay = LOG_WAYS[index % LOG_WAYS.length];
    this.port = index % 2 === 0 ? freePort() : undefined;
    if (index % 3 !== 1) {
      this.source = `${this.base}.src`;
      Deno.mkdirSync(this.source);
      Deno.writeTextFileSync(`${this.source}/number`, "0");
    }
    this.waiterWay = index % 8 === 3 ? ["--waiter", "resident"] : [];
  }

  readonly name: string;

  /** Whether its lines wait in memory until they are read. */
  get piped(): boolean {
    return this.logWay.length > 0;
  }

  /** The options of imp start. */
  get start(): string[] {
    const restart = "--restart always --start-seconds 20ms --backoff 10ms..300ms --stop-timeout 3s";
    const words = ["python3", "-I", "-S", "-c", PROGRAM, this.base];
    const sockets = this.port === undefined ? [] : ["--socket", `tcp:${this.port}`];
    const source = this.source ? ["--on-change", this.source, "--debounce", "20ms"] : [];
    const ways = [
      ...sockets,
      ...source,
      "--log",
      `${this.base}.log`,
      ...this.logWay,
      ...this.waiterWay,
    ];
    return ["start", this.name, ...restart.split(" "), ...ways, "--", ...words];
  }

  /** Changes the watched path, if any: in place, by replacing it, or by adding a directory. */
  change(): void {
    if (!this.source) return;
    const [file, text] = [`${this.source}/number`, String(++this.changes)];
    if (this.changes % 3 === 0) return Deno.writeTextFileSync(file, text);
    const other = `${this.source}/${this.changes % 3 === 1 ? "new" : `d${this.changes}`}`;
    if (this.changes % 3 === 2) Deno.mkdirSync(other);
    const written = this.changes % 3 === 2 ? `${other}/number` : other;
    Deno.writeTextFileSync(written, text);
    Deno.renameSync(written, file);
  }

  /** The running program was started after the last change. */
  async hasSeen(): Promise<void> {
    const seen = () => contentOf(`${this.base}.seen`);
    const isLast = () => this.source === undefined || seen() === String(this.changes);
    await eventually(isLast, () => `${seen()}, not ${this.changes}: ${this.told()}`);
  }

  /** Its guard and keeper, whatever the records say. */
  waiters(): number[] {
    const found = processes().filter((pid) => wordsOf(pid).at(-1) === this.directory);
    return found.filter((pid) => /^imp-(guard|keeper)$/.test(commOf(pid)) && isAlive(pid));
  }

  waiter(comm: "imp-guard" | "imp-keeper"): number | undefined {
    return this.waiters().find((pid) => commOf(pid) === comm);
  }

  get turn(): number {
    const keeper = this.waiter("imp-keeper");
    return keeper === undefined ? 0 : readKeeperPage(keeper)?.turn ?? 0;
  }

  /** The main process on record, if it lives; 0: none. */
  get program(): number {
    const state = readStateRecord(this.directory);
    const pid = state.is === "read" ? state.value.program?.pid ?? 0 : 0;
    return pid !== 0 && isAlive(pid) && wordsOf(pid).at(-1) === this.base ? pid : 0;
  }

  /** Whether anything of its program runs: the kernel knows who holds the lock. */
  isHeld(): boolean {
    try {
      using file = Deno.openSync(`${this.base}.held`, { write: true });
      return !file.tryLockSync(true);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** @returns undefined if no command has succeeded */
  wanted(): "run" | "stop" | undefined {
    const intent = readIntentRecord(this.directory);
    return intent.is === "read" ? intent.value.wanted : undefined;
  }

  /** Makes it end at once whenever it is started. */
  crashes(does: boolean): void {
    if (does) Deno.writeTextFileSync(`${this.base}.crash`, "");
    else removeIfThere(`${this.base}.crash`);
  }

  /** Whether a socket exists and a waiter holds it: then no client may be refused. */
  private isListening(): boolean {
    if (this.port === undefined) return false;
    return this.waiters().some((pid) => {
      try {
        return Deno.readLinkSync(`/proc/${pid}/fd/${WAITER_FD.held}`).startsWith("socket:");
      } catch {
        return false;
      }
    });
  }

  /** Connects. Meanwhile nothing changes except what is wanted. */
  async call(): Promise<void> {
    const { port } = this;
    if (port === undefined || !this.isListening()) return;
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    } catch (error) {
      // Its waiters may have left meanwhile.
      assert(!this.isListening(), `${this.name}: ${error}: ${this.told()}`);
    }
  }

  /** It runs, and answers clients. */
  async answers(): Promise<void> {
    const { port } = this;
    if (port === undefined) return;
    using one = await Deno.connect({ hostname: "127.0.0.1", port });
    const n = await one.read(new Uint8Array(20));
    assert(n !== null && n > 0, `${this.name} answers`);
  }

  kill(pid: number | undefined): void {
    if (pid) endIfThere(pid);
  }

  /** Checks what must hold at any moment. */
  check(): void {
    const intent = readIntentRecord(this.directory), state = readStateRecord(this.directory);
    for (const { is } of [intent, state]) {
      assert(is === "read" || is === "missing", `${this.name}: a record is ${is}`);
    }
    const wrong = contentOf(`${this.base}.wrong`);
    assertEquals(wrong, "", this.name);
  }

  /** Waits until its keepers have done what is wanted. */
  async settles(): Promise<void> {
    if (this.waiters().length === 0) return;
    await eventually(() => {
      if (this.wanted() === "run") return this.program !== 0 && this.isHeld();
      return this.waiters().length === 0 && !this.isHeld();
    }, () => this.told());
  }

  /** The contents of its records and its keeper's page. */
  told(): string {
    const [acting] = this.waiters().slice(-1);
    const page = acting === undefined ? undefined : readKeeperPage(acting);
    const { turn, program, failures } = page ?? {};
    const state = readStateRecord(this.directory), intent = readIntentRecord(this.directory);
    const facts = { state, intent, waiters: this.waiters(), held: this.isHeld() };
    const pending = page?.pending();
    return JSON.stringify({ ...facts, turn, program, failures, pending, text: page?.text });
  }

  /** Checks that living waiters have reaped all zombies. */
  async hasNoZombies(): Promise<void> {
    const zombies = () => {
      const waiters = this.waiters().map(String);
      return processes().filter((pid) => {
        const fields = statFields(pid);
        return fields?.[0] === "Z" && waiters.includes(fields[1]);
      });
    };
    await eventually(() => zombies().length === 0, () => `${this.name}: zombies ${zombies()}`);
  }

  /**
   * Every line that it recorded as written is in its log once; the last one of a run may not have been recorded.
   * @param lossy a disk was full for longer than output waits for space
   */
  checkLines(log: string, lossy: boolean): void {
    const lines = log.split("\n").filter(Boolean).map((line) => line.replace(/^\S+Z /, ""));
    const logged = new Set(lines);
    const seen = new Set<string>();
    const twice = lines.filter((line) => seen.has(line) || !seen.add(line));
    assertEquals(twice.slice(0, 5), [], `${this.name}: lines that come twice`);
    const told = contentOf(`${this.base}.told`).split("\n").slice(0, -1);
    if (lossy && this.logWay.includes("--log-format")) return;
    const lost = told.filter((line) => !logged.has(line));
    assertEquals(lost.slice(0, 5), [], `${this.name}: ${lost.length} of ${told.length} lost`);
  }
}

export function processes(): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => pid > 0);
}

function commOf(pid: number): string {
  return contentOf(`/proc/${pid}/comm`).trim();
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Gone.
  }
}
