import { PROTOCOL, ProtocolError } from "./frames.ts";
import { VERSION } from "../version.ts";

/** What a worker says of itself in the line that it begins with. */
export interface WorkerGreeting {
  readonly protocol: number;
  readonly version: string;
  readonly pid: number;
  /** As uname(2) has it. */
  readonly host: string;
  /** That it may use; may be no whole number. */
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** What SETUP tells the worker. Text stands for bytes as in base/byte_text.ts. */
export interface WorkerSetup {
  /** Jobs at once, as for -j: `8`, `150%` of the cores, `+2`. */
  readonly slots: string;
  readonly output: "group" | "line" | "none";
  /** Signals, each with the milliseconds to obey it. */
  readonly termSteps: readonly (readonly [signal: number, wait: number])[];
  /** Bytes of output that may be sent before any CREDIT. */
  readonly credit: number;
  readonly noChildren?: boolean;
  readonly nice?: number;
  /** Where jobs run. */
  readonly dir?: string;
  /** Words `K=V` for the environment of every job. */
  readonly env?: readonly string[];
  /** Milliseconds: a client that says nothing for so long is gone; 0 or left out: it is believed. */
  readonly heartbeat?: number;
  /** Nothing is started while the load average is as high, or fewer bytes of memory are available. */
  readonly maxLoad?: number;
  readonly minMemory?: number;
  /** Jobs have files: FILE frames come. */
  readonly files?: boolean;
  /** LOAD is sent. */
  readonly load?: boolean;
  /** STARTED is sent. */
  readonly started?: boolean;
  /** What an attempt that failed has left behind is ended before ENDED is sent. */
  readonly endRests?: boolean;
  /** Jobs are records for these. */
  readonly workers?: WorkersSetup;
}

/** Workers of one program: what they are given and answer are records. Text stands for bytes as in base/byte_text.ts. */
export interface WorkersSetup {
  /** The words of a program that answers lines, with placeholders. */
  readonly words: readonly string[];
  /** What ends a record and an answer. */
  readonly terminator: string;
  /** `{host}`, `{sshlogin}` */
  readonly host: string;
  readonly login: string;
  /** Records that a worker may have at once. */
  readonly ahead: number;
  /** Records in its life, and bytes of memory from which on it is replaced; 0: as many as there are. */
  readonly maxTasks: number;
  readonly maxMemory: number;
  /** They call a function instead; there are no words. */
  readonly call?: CallSetup;
}

/** A function of a module that needs no other file. */
export interface CallSetup {
  /** What the client calls it. */
  readonly module: string;
  readonly source: string;
  /** Of the export; left out: the default one, or the only one. */
  readonly name?: string;
  /** Arguments are JSON. */
  readonly json: boolean;
}

/** Answers SETUP. */
export interface WorkerReady {
  readonly slots: number;
}

export interface WorkerLoad {
  /** The load average of the last minute. */
  readonly load: number;
  /** Bytes that are available. */
  readonly memory: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

const HEAD = "imp-worker ";
/** Login shells may greet before; not for ever. */
const MOST_BEFORE = 64 << 10;
const NEWLINE = 10;

export function greetingLine(greeting: Omit<WorkerGreeting, "protocol" | "version">): Uint8Array {
  const json = JSON.stringify({ version: VERSION, ...greeting });
  return new TextEncoder().encode(`${HEAD}${PROTOCOL} ${json}\n`);
}

/** Looks for the greeting among what else a login shell may print before it. */
export class GreetingFinder {
  private bytes = new Uint8Array(0);
  /** Where the line begins that is looked at. */
  private line = 0;

  /**
   * @returns the greeting and what came behind it; undefined: it has not come
   * @throws ProtocolError where it is another protocol's, or too much else has come
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

  /** What has come instead of a greeting, for who tells why there is none. */
  get before(): string {
    return new TextDecoder().decode(this.bytes).trim();
  }
}

/** Something may stand before it that has no newline, be it half a greeting. */
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
