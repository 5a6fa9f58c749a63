import { PROTOCOL, ProtocolError } from "./frames.ts";
import { VERSION } from "../version.ts";

/** A worker's description of itself in its first line. */
export interface WorkerGreeting {
  readonly protocol: number;
  readonly version: string;
  readonly pid: number;
  /** As reported by uname(2). */
  readonly host: string;
  /** Usable ones; may be fractional. */
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** The content of SETUP. Text stands for bytes as in base/byte_text.ts. */
export interface WorkerSetup {
  /** Number of concurrent jobs, as for -j: `8`, `150%` of the cores, `+2`. */
  readonly slots: string;
  readonly output: "group" | "line" | "none";
  /** Signals, each with the milliseconds until the next step. */
  readonly termSteps: readonly (readonly [signal: number, wait: number])[];
  /** Bytes of output that may be sent before any CREDIT. */
  readonly credit: number;
  readonly noChildren?: boolean;
  readonly nice?: number;
  /** The jobs' directory. */
  readonly dir?: string;
  /** Words `K=V` for every job's environment. */
  readonly env?: readonly string[];
  /** Milliseconds of silence after which the client counts as gone; 0 or left out: never. */
  readonly heartbeat?: number;
  /** Starts nothing while the load average is at least this, or less memory (bytes) is available. */
  readonly maxLoad?: number;
  readonly minMemory?: number;
  /** Jobs have files: FILE frames come. */
  readonly files?: boolean;
  /** Send LOAD. */
  readonly load?: boolean;
  /** Send STARTED. */
  readonly started?: boolean;
  /** End the remains of a failed attempt before sending ENDED. */
  readonly endRests?: boolean;
  /** Jobs are records for these workers. */
  readonly workers?: WorkersSetup;
}

/** Workers of one program that answer records. Text stands for bytes as in base/byte_text.ts. */
export interface WorkersSetup {
  /** The words, with placeholders, of a program that answers lines. */
  readonly words: readonly string[];
  /** Terminates a record and an answer. */
  readonly terminator: string;
  /** `{host}`, `{sshlogin}` */
  readonly host: string;
  readonly login: string;
  /** Records that a worker may have at a time. */
  readonly ahead: number;
  /** Records per worker, and bytes of memory above which it is replaced; 0: unlimited. */
  readonly maxTasks: number;
  readonly maxMemory: number;
  /** They call a function instead; then there are no words. */
  readonly call?: CallSetup;
}

/** A function of a self-contained module. */
export interface CallSetup {
  /** The client's name for it. */
  readonly module: string;
  readonly source: string;
  /** The export's name; default: the default export, or the only one. */
  readonly name?: string;
  /** Arguments are JSON. */
  readonly json: boolean;
}

/** The answer to SETUP. */
export interface WorkerReady {
  readonly slots: number;
}

export interface WorkerLoad {
  /** The load average of the last minute. */
  readonly load: number;
  /** Available bytes. */
  readonly memory: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

const HEAD = "imp-worker ";
/** Login shells may print something first; not endlessly. */
const MOST_BEFORE = 64 << 10;
const NEWLINE = 10;

export function greetingLine(greeting: Omit<WorkerGreeting, "protocol" | "version">): Uint8Array {
  const json = JSON.stringify({ version: VERSION, ...greeting });
  return new TextEncoder().encode(`${HEAD}${PROTOCOL} ${json}\n`);
}

/** Finds the greeting after whatever a login shell prints first. */
export class GreetingFinder {
  private bytes = new Uint8Array(0);
  /** The start of the line being examined. */
  private line = 0;

  /**
   * @returns the greeting and what followed it; undefined: not yet
   * @throws ProtocolError if it is another protocol's, or too much else has come
   */
  push(chunk: Uint8Array): { greeting: WorkerGreeting; rest: Uint8Array } | undefined {
    const bytes = new Uint8Array(this.bytes.length + chunk.length);
    bytes.set(this.bytes);
    bytes.set(chunk, this.bytes.length);
    this.bytes = bytes;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, this.line);
      if (end < 0) break;
      const greeting = greetingIn(new TextDecoder().decode(bytes.subarray(this.line, end)));
      this.line = end + 1;
      if (greeting) return { greeting, rest: bytes.slice(this.line) };
    }
    if (bytes.length > MOST_BEFORE) {
      throw new ProtocolError(`more than ${MOST_BEFORE} bytes, and none of them a worker's`);
    }
    return undefined;
  }

  /** What came instead of a greeting, for error messages. */
  get before(): string {
    return new TextDecoder().decode(this.bytes).trim();
  }
}

/** Text without a newline may precede it, even half a greeting. */
function greetingIn(line: string): WorkerGreeting | undefined {
  const match = /^.*imp-worker (\d+) (\{.*\})\r?$/s.exec(line);
  if (!match) return undefined;
  if (Number(match[1]) !== PROTOCOL) {
    throw new ProtocolError(
      `its worker speaks version ${match[1]} of the protocol, and this imp version ${PROTOCOL}`,
    );
  }
  let said: Partial<WorkerGreeting>;
  try {
    said = JSON.parse(match[2]);
  } catch {
    return undefined;
  }
  const { version, pid, host, cores, memory, time } = said;
  if (typeof version !== "string") return undefined;
  return {
    protocol: PROTOCOL,
    version,
    pid: Number(pid) || 0,
    host: String(host),
    cores: Number(cores) || 1,
    memory: Number(memory) || 0,
    time: Number(time) || 0,
  };
}
