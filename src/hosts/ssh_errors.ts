// Pure: turns output of ssh(1) and a host's shell into a sentence.
import { type ErrorParts, ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { hostLabel } from "./host_spec.ts";

/** The exit status of ssh(1) for its own failures. */
const SSH_FAILED = 255;
const LONGEST = 160;

type Row = readonly [said: RegExp, why: string, hint?: string];

/** A temporary failure: worth retrying in a moment. */
const BUSY: Row = [
  /kex_exchange_identification|ssh_exchange_identification/,
  "it closed the connection at once",
  "its sshd may accept fewer at a time (MaxStartups): use --sshdelay",
];
/** The first match counts. */
const ROWS: readonly Row[] = [
  [/Could not resolve hostname|Name or service not known/, "the name does not resolve"],
  [/Connection refused/, "connection refused", "is sshd running there, on that port?"],
  [/No route to host|Network is unreachable/, "no route to it"],
  [/timed out/, "it does not answer"],
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED|host key .* has changed/i,
    "its host key has changed",
    "if you expected that: ssh-keygen -R HOST, then log in once",
  ],
  [
    /Host key verification failed|No .* host key is known/,
    "its host key is unknown",
    "log in once by hand, or add it to ~/.ssh/known_hosts (ssh-keyscan)",
  ],
  [
    /Permission denied \([^)]*(?:password|keyboard-interactive)/,
    "it asks for a password, and imp cannot give one",
    "install a public key there (ssh-copy-id), or use ssh-agent(1)",
  ],
  [/Permission denied|Too many authentication failures/, "it accepts none of your keys"],
  [
    /command-line: line|Bad configuration option|terminating, .* bad/,
    "ssh's configuration has a mistake",
  ],
  BUSY,
  [/closed by|reset by|not responding|Broken pipe/, "its connection broke"],
];

/** How ssh, or what it was to start, ended before there was a worker. */
export interface FailedConnection {
  readonly name: string;
  /** Its exit status; undefined if a signal ended it. */
  readonly status?: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Whether to try again. */
export function mayPass(failed: FailedConnection): boolean {
  return rowOf(failed) === BUSY;
}

/** @returns one sentence, with what was printed */
export function connectionError(failed: FailedConnection): ImpError {
  const { name, status, stdout, stderr } = failed;
  const row = rowOf(failed);
  if (row) {
    const [pattern, why, hint] = row;
    return hostError(name, { why: `${why} (${lastWords(stderr, pattern)})`, hint });
  }
  const said = lastWords(stderr) || lastWords(stdout);
  const ended = status === undefined ? "ssh was killed" : `exit status ${status}`;
  if (said !== "") return hostError(name, { why: `${said} (${ended})` });
  const why = `${ended}, without a message`;
  if (status === undefined) return hostError(name, { why });
  const hint = status === SSH_FAILED
    ? "find out why with ssh -v"
    : "nothing was run: look at the login shell, its startup files, and forced commands";
  return hostError(name, { why, hint });
}

function rowOf({ status, stderr }: FailedConnection): Row | undefined {
  return status === SSH_FAILED ? ROWS.find(([pattern]) => pattern.test(stderr)) : undefined;
}

/** Whether ssh(1) printed it because its connection is over, or a local imp at its own end. */
export function saysEnd(line: string): boolean {
  return /^(?:Connection (?:to|reset|closed)|Timeout, server|client_loop:|ssh_dispatch_run_fatal|imp: )/
    .test(line);
}

/** The host is unusable. */
export function hostError(name: string, parts: Partial<ErrorParts>): ImpError {
  return new ImpError({ action: "use", object: hostLabel(name), exit: EXIT.failed, ...parts });
}

/** The last meaningful line, preferably one that fits; without ssh's decoration, and shortened. */
export function lastWords(text: string, fits = /^/): string {
  const lines = text.split("\n").map((line) => line.replace(/\p{Cc}/gu, " ").trim());
  const telling = lines.filter((line) => line !== "" && !/^(?:\*\*|@|Warning: )/.test(line));
  const line = telling.findLast((line) => fits.test(line)) ?? telling.at(-1) ?? "";
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
