import { ImpError } from "../base/errors.ts";
import { resolve, type SocketAddress } from "../libc/descriptors/inet.ts";
import { portHolder } from "../procfs/sockets.ts";
import { runtime } from "../runtime/mod.ts";
import { answerStatus, ConnectionAttempt, GLANCE_MS, hostField } from "./connection_attempt.ts";
import { type Probe, ProbePauses, type Readiness } from "./probe.ts";
import { LOCAL_HOST } from "./rule.ts";

/** How long one attempt may take: a host that drops packets must not delay the others. */
const PATIENCE_MS = 2000;
/** Whether a port is taken before the program starts is known at once on this machine. */
const ALREADY_MS = 200;
const LOOPBACKS = ["127.0.0.1", "::1"];

/** Ready when the port accepts a connection. */
export class TcpProbe implements Probe {
  private readonly pauses = new ProbePauses();
  private readonly addresses: readonly SocketAddress[];
  private attempt: ConnectionAttempt | undefined;
  /** When the attempt is given up. */
  protected deadline = 0;
  private turn = 0;
  private next = 0;

  /** @param runs the program has been started: whatever already accepts connections is what is wanted */
  constructor(host: string, port: number, runs: boolean) {
    this.addresses = addressesOf(host, port);
    if (!runs && this.addresses.some(accepts)) throw taken(host, port);
  }

  started(): void {}

  look(now: number): Readiness {
    if (now < this.next) return { until: this.next };
    if (!this.attempt) {
      this.attempt = new ConnectionAttempt(this.addresses[this.turn++ % this.addresses.length]);
      this.deadline = now + PATIENCE_MS;
    }
    const state = this.attempt.state();
    if (state === "connected") return this.connected(this.attempt, now);
    if (state === "connecting" && now < this.deadline) return { until: now + GLANCE_MS };
    return this.again(now);
  }

  /** What to check on a connection. */
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

  constructor(host: string, port: number, private readonly path: string, runs: boolean) {
    super(host, port, runs);
    this.host = hostField(host, port);
  }

  protected override connected(attempt: ConnectionAttempt, now: number): Readiness {
    if (this.asked !== attempt) this.ask(attempt);
    const bytes = attempt.read();
    if (bytes === "nothing") {
      return now < this.deadline ? { until: now + GLANCE_MS } : this.again(now);
    }
    this.answer += new TextDecoder().decode(bytes);
    const status = answerStatus(this.answer);
    if (status === "incomplete" && bytes.length > 0) return { until: now };
    return typeof status === "number" && status < 400 ? "ready" : this.again(now);
  }

  private ask(attempt: ConnectionAttempt): void {
    this.asked = attempt;
    this.answer = "";
    attempt.get(this.host, this.path);
  }
}

/** Some servers listen on only one of this machine's two addresses, and /etc/hosts may know only the other. */
export function addressesOf(host: string, port: number): SocketAddress[] {
  const hosts = host === LOCAL_HOST ? LOOPBACKS : [host];
  return hosts.flatMap((one) => resolve(one, port));
}

/** Whether anything accepts connections there now. */
function accepts(address: SocketAddress): boolean {
  const deadline = runtime.now() + ALREADY_MS;
  const attempt = new ConnectionAttempt(address);
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
