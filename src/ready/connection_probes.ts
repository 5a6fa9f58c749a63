import { EAGAIN, POLLIN, POLLOUT } from "../libc/abi.ts";
import { ImpError } from "../base/errors.ts";
import { closeFile, readSome, writeAll } from "../libc/descriptors/files.ts";
import {
  beginConnect,
  connectError,
  resolve,
  type SocketAddress,
} from "../libc/descriptors/inet.ts";
import { PollSet } from "../libc/descriptors/poll.ts";
import { portHolder } from "../procfs/sockets.ts";
import { runtime } from "../runtime/mod.ts";
import { type Probe, ProbePauses, type Readiness } from "./probe.ts";
import { LOCAL_HOST } from "./rule.ts";

/** How long one attempt may take: a host that drops packets must not keep others from being asked. */
const PATIENCE_MS = 2000;
/** How often an attempt that is under way is looked at. */
const GLANCE_MS = 5;
/** Whether a port is taken before the program starts shows at once on this machine. */
const ALREADY_MS = 200;
const LOOPBACKS = ["127.0.0.1", "::1"];

/** Ready when the port accepts a connection. */
export class TcpProbe implements Probe {
  private readonly pauses = new ProbePauses();
  private readonly addresses: readonly SocketAddress[];
  private attempt: ConnectionAttempt | undefined;
  private turn = 0;
  private next = 0;

  /** @param runs the program has been started: that somebody accepts connections already is what is asked for */
  constructor(host: string, port: number, runs = false) {
    this.addresses = addressesOf(host, port);
    if (!runs && this.addresses.some(accepts)) throw taken(host, port);
  }

  started(): void {}

  look(now: number): Readiness {
    if (now < this.next) return { until: this.next };
    this.attempt ??= new ConnectionAttempt(
      this.addresses[this.turn++ % this.addresses.length],
      now,
    );
    const state = this.attempt.state();
    if (state === "connected") return this.connected(this.attempt, now);
    if (state === "connecting" && now < this.attempt.deadline) return { until: now + GLANCE_MS };
    return this.again(now);
  }

  /** What is to be seen on a connection. */
  protected connected(_attempt: ConnectionAttempt, _now: number): Readiness {
    return "ready";
  }

  protected again(now: number): Readiness {
    this.attempt?.close();
    this.attempt = undefined;
    // All addresses of a host one after another, then a pause.
    if (this.turn % this.addresses.length !== 0) return { until: now };
    const pause = this.pauses.next(now);
    this.next = pause.until;
    return pause;
  }

  close(): void {
    this.attempt?.close();
    this.attempt = undefined;
  }
}

/** Ready when a GET is answered with a status below 400. */
export class HttpProbe extends TcpProbe {
  private readonly host: string;
  private asked: ConnectionAttempt | undefined;
  private answer = "";

  constructor(host: string, port: number, private readonly path: string, runs = false) {
    super(host, port, runs);
    this.host = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  }

  protected override connected(attempt: ConnectionAttempt, now: number): Readiness {
    if (this.asked !== attempt) this.ask(attempt);
    const bytes = attempt.read();
    if (bytes === "nothing") {
      return now < attempt.deadline ? { until: now + GLANCE_MS } : this.again(now);
    }
    this.answer += new TextDecoder().decode(bytes);
    const status = answerStatus(this.answer);
    if (status === "incomplete" && bytes.length > 0) return { until: now };
    return typeof status === "number" && status < 400 ? "ready" : this.again(now);
  }

  private ask(attempt: ConnectionAttempt): void {
    this.asked = attempt;
    this.answer = "";
    attempt.write(
      `GET ${
        encodeURI(this.path)
      } HTTP/1.1\r\nHost: ${this.host}\r\nUser-Agent: imp\r\nAccept: */*\r\nConnection: close\r\n\r\n`,
    );
  }
}

/** One connection. */
class ConnectionAttempt {
  private readonly fd: number;
  private readonly poll = new PollSet(1);
  readonly deadline: number;
  private outcome: "connected" | "refused" | undefined;

  constructor(address: SocketAddress, now: number) {
    this.fd = beginConnect(address);
    this.deadline = now + PATIENCE_MS;
  }

  state(): "connected" | "connecting" | "refused" {
    if (this.fd < 0) return "refused";
    if (this.outcome) return this.outcome;
    this.poll.watch(0, this.fd, POLLOUT);
    if (this.poll.wait(0) === 0) return "connecting";
    // It can be asked only once: asking clears it.
    return this.outcome = connectError(this.fd) === 0 ? "connected" : "refused";
  }

  /** Waits a moment until there may be news. */
  waitWritable(): void {
    this.poll.watch(0, this.fd, POLLOUT);
    this.poll.wait(GLANCE_MS);
  }

  write(text: string): void {
    try {
      writeAll(this.fd, text);
    } catch (error) {
      // It has hung up: the next look sees that.
      if (!(error instanceof ImpError)) throw error;
    }
  }

  /** @returns no bytes when the other end has hung up */
  read(): Uint8Array | "nothing" {
    this.poll.watch(0, this.fd, POLLIN);
    if (this.poll.wait(0) === 0) return "nothing";
    const bytes = readSome(this.fd);
    if (typeof bytes !== "number") return bytes;
    return bytes === -EAGAIN ? "nothing" : new Uint8Array();
  }

  close(): void {
    if (this.fd >= 0) closeFile(this.fd);
  }
}

/** Some servers listen on only one of this machine's two addresses, and /etc/hosts may know only the other. */
function addressesOf(host: string, port: number): SocketAddress[] {
  const hosts = host === LOCAL_HOST ? LOOPBACKS : [host];
  return hosts.flatMap((one) => resolve(one, port));
}

/** Whether somebody accepts connections there now. */
function accepts(address: SocketAddress): boolean {
  const deadline = runtime.now() + ALREADY_MS;
  const attempt = new ConnectionAttempt(address, runtime.now());
  try {
    while (attempt.state() === "connecting" && runtime.now() < deadline) attempt.waitWritable();
    return attempt.state() === "connected";
  } finally {
    attempt.close();
  }
}

function taken(host: string, port: number): ImpError {
  const holder = portHolder(port);
  const who = holder ? `pid ${holder.pid} (${holder.comm})` : "something";
  return new ImpError({
    action: "wait for",
    object: `${host}:${port}`,
    errno: "EADDRINUSE",
    why: `${who} accepts connections there already, before the program was started`,
    hint: holder
      ? "end it, or have the program use another port"
      : `find it with: ss -tlnp 'sport = :${port}'`,
  });
}

/** The status in the first line of an HTTP answer; `incomplete`: more may come; `none`: it is no such answer. */
export function answerStatus(answer: string): number | "incomplete" | "none" {
  const match = /^HTTP\/\d(?:\.\d)? (\d{3})(?=[ \r\n])/.exec(answer);
  if (match) return Number(match[1]);
  const begun = /^H?T?T?P?\/?\d?\.?\d? ?\d{0,3}$/.test(answer);
  return begun ? "incomplete" : "none";
}
