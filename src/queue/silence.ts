// Servers that are connected and answer nothing: neither with messages nor that there are none.

/** What to do about it. */
type SilenceStep = "wait" | "renew" | "reconnect";

/** How long it lasts, and what was done. */
interface SilenceState {
  /** Requests in a row that ended without an answer, since the last remedy. */
  readonly requests: number;
  /** Remedies tried since the last answer. */
  readonly remedies: number;
}

const ANSWERED: SilenceState = { requests: 0, remedies: 0 };
/** Remedies become rarer, but do not stop. */
const MOST_REQUESTS = 32;

/** Another request was not answered. Pure: the first remedy is another subscription, the next ones another connection. */
export function afterSilence(
  { requests, remedies }: SilenceState,
): { readonly state: SilenceState; readonly step: SilenceStep } {
  const needed = Math.min(2 ** Math.max(1, remedies), MOST_REQUESTS);
  if (requests + 1 < needed) return { state: { requests: requests + 1, remedies }, step: "wait" };
  const state = { requests: 0, remedies: remedies + 1 };
  return { state, step: remedies === 0 ? "renew" : "reconnect" };
}

/** A shorter silence does not count: servers that elect a leader answer nothing for some seconds. */
const SHORT_MS = 10_000;

export interface SilenceSettings {
  /** What is requested: `jobs`, `results`. */
  readonly what: string;
  readonly stream: string;
  note(text: string): void;
  /** Subscribes to other subjects for answers, and requests again. */
  renew(): void;
}

/** Recognises such a silence, reports it once, and does what may end it. */
export class SilenceWatch {
  private state = ANSWERED;
  /** When the first request after the last answer, or the last that counted, was sent. */
  private since: number | undefined;
  /** When the first of those that count was. */
  private begun: number | undefined;

  constructor(
    private readonly link: { now(): number; readonly server: string; reconnect(): void },
    private readonly settings: SilenceSettings,
  ) {}

  /** A request was sent. */
  asked(): void {
    this.since ??= this.link.now();
  }

  /** Any answer has come. */
  answered(): void {
    this.since = this.begun = undefined;
    if (this.state.remedies > 0) this.settings.note("the servers answer again");
    this.state = ANSWERED;
  }

  /** The time of a request is over, and nothing has come. */
  unanswered(): void {
    const now = this.link.now(), { since } = this;
    if (since === undefined || now - since < SHORT_MS) return;
    this.since = undefined;
    this.begun ??= since;
    const { state, step } = afterSilence(this.state);
    this.state = state;
    if (step === "renew") this.settings.note(this.text(now - this.begun));
    if (step !== "wait") this.settings.renew();
    if (step === "reconnect") this.link.reconnect();
  }

  /** The connection was lost, and with it all requests. */
  lost(): void {
    this.since = undefined;
  }

  private text(ms: number): string {
    const { what, stream } = this.settings;
    return `server ${this.link.server} is connected, but has answered no request for ${what} for ${
      Math.round(ms / 1000)
    } s; subscribing again, then reconnecting. If that does not help, restart it; in a cluster, ` +
      `see whether stream ${stream} has a leader`;
  }
}
