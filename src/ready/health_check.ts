import { formatDuration } from "../base/duration.ts";
import { errnoName, errnoText } from "../libc/calling/errno.ts";
import { answerStatus, ConnectionAttempt, hostField } from "./connection_attempt.ts";
import { addressesOf } from "./connection_probes.ts";
import type { HealthRule } from "./health_rule.ts";
import { LOCAL_HOST } from "./rule.ts";
import type { SocketAddress } from "../libc/descriptors/inet.ts";

/** The outcome of one look at a program. */
export type CheckOutcome =
  | "well"
  /** @field failed why, in a few words: `refused` */
  | { readonly failed: string }
  /** Nothing was found out: no descriptor or process was available. */
  | { readonly notMade: string };

export type CheckLook = CheckOutcome | {
  /** Look again when {@link HealthCheck.fd} is readable, but not later than this on the clock of runtime.now(). */
  readonly until: number;
};

/** Checks once whether a program does its work. It never blocks: a loop calls it, and closes it when it has waited enough. */
export interface HealthCheck {
  readonly fd?: number;
  look(now: number): CheckLook;
  close(): void;
}

const FIRST_GLANCE_MS = 2, LONGEST_GLANCE_MS = 50;
/** Errors that mean a lack of resources in this process, not in the other one. */
const OWN_LACK = ["EAGAIN", "ENOMEM", "EMFILE", "ENFILE", "ENOBUFS"];

/** The outcome for a call that failed, for reasons of this process or of the other one. */
export function failedBy(code: number, what: string): CheckOutcome {
  const name = errnoName(code);
  if (OWN_LACK.includes(name)) return { notMade: `${name} (${errnoText(code)})` };
  return { failed: name === "ECONNREFUSED" ? "refused" : `${what}${name} (${errnoText(code)})` };
}

/** Whether looking up its address can take long because a name server is asked. */
export function needsNameServer(host: string): boolean {
  return host !== LOCAL_HOST && !/^[\d.]+$/.test(host) && !host.includes(":");
}

/** Whether a port accepts connections, and for http answers with a status below 400. */
export class ConnectionCheck implements HealthCheck {
  private addresses: readonly SocketAddress[];
  private attempt: ConnectionAttempt | undefined;
  private glance = FIRST_GLANCE_MS;
  private first: CheckOutcome | undefined;
  private asked = false;
  private answer = "";

  /** @throws ImpError if the host has no address */
  constructor(private readonly rule: Extract<HealthRule, { kind: "tcp" | "http" }>) {
    this.addresses = addressesOf(rule.host, rule.port);
  }

  get fd(): number | undefined {
    return this.asked ? this.attempt?.fd : undefined;
  }

  look(now: number): CheckLook {
    for (;;) {
      const [address] = this.addresses;
      if (!this.attempt && !address) return this.first ?? { failed: "no address" };
      this.attempt ??= new ConnectionAttempt(address);
      const state = this.attempt.state();
      if (state === "connecting") return this.later(now);
      if (state === "connected") {
        return this.rule.kind === "tcp" ? "well" : this.talk(this.attempt, now);
      }
      const refused = failedBy(this.attempt.errno, "");
      if (typeof refused !== "string" && "notMade" in refused) return refused;
      this.first ??= refused;
      this.close();
      this.addresses = this.addresses.slice(1);
    }
  }

  close(): void {
    this.attempt?.close();
    this.attempt = undefined;
  }

  private talk(attempt: ConnectionAttempt, now: number): CheckLook {
    const { host, port } = this.rule;
    if (!this.asked) {
      attempt.get(hostField(host, port), this.rule.kind === "http" ? this.rule.path : "/");
      this.asked = true;
    }
    const bytes = attempt.read();
    if (bytes === "nothing") return { until: Infinity };
    this.answer += new TextDecoder().decode(bytes);
    const status = answerStatus(this.answer);
    if (status === "incomplete") {
      return bytes.length > 0 ? { until: now } : { failed: "hung up without an answer" };
    }
    if (status === "none") return { failed: "answered something else than HTTP" };
    return status < 400 ? "well" : { failed: `answered ${status}` };
  }

  private later(now: number): CheckLook {
    const until = now + this.glance;
    this.glance = Math.min(LONGEST_GLANCE_MS, this.glance * 1.5);
    return { until };
  }
}

/** Whether a log was written to recently. @param written when it last was, or when the program began; as Date.now() */
export function checkSilence(most: number, written: number, now: number): CheckOutcome {
  const silent = now - written;
  return silent <= most ? "well" : { failed: `nothing logged for ${formatDuration(silent)}` };
}
