import { EXIT } from "./exit_codes.ts";

/** The parts of an {@link ImpError}. Every field ends up in the text that the user reads. */
export interface ErrorParts {
  /** What was tried, as an infinitive: `open`, `lock`, `execute`. */
  action: string;
  /** What it was tried on: a path, a PID, a name. */
  object?: string;
  /** The errno name, for example `ENOENT`. */
  errno?: string;
  /** Why, in words: `no such file or directory`, `held by pid 412`. */
  why?: string;
  /** What the user can do about it, as a sentence without its full stop. */
  hint?: string;
  /** What was given for a program's name: `FOO=bar`, `gzip -9`, `cd / && ls`. If there is no hint, a line that works is. */
  meant?: string;
  /** Exit status for the command (docs/exit-codes.md). Default: 125 if resources ran out, else 1. */
  exit?: number;
  /** Further facts, on lines of their own. */
  details?: string[];
}

/** A failure that imp anticipated: its message says what failed, on what and why; `hint` says what to do. */
export class ImpError extends Error {
  /** What the message was made from. */
  readonly parts: ErrorParts;
  /** Exit status for the command. */
  readonly exit: number;

  constructor(parts: ErrorParts, options?: ErrorOptions) {
    super(describe(parts), options);
    this.name = "ImpError";
    this.parts = parts;
    this.exit = parts.exit ?? (isExhaustion(parts.errno) ? EXIT.failed : EXIT.no);
  }

  /** The errno name, for example `ENOENT`, where a system call failed. */
  get errno(): string | undefined {
    return this.parts.errno;
  }

  /** What can be done about it. */
  get hint(): string | undefined {
    return this.parts.hint;
  }

  /** The same failure with other parts, for a caller that knows more than the callee did. */
  with(parts: Partial<ErrorParts>): ImpError {
    return new ImpError({ ...this.parts, ...parts }, { cause: this });
  }
}

/** The message and what can be done about it, in one line. */
export function sentenceOf({ message, hint }: Pick<ImpError, "message" | "hint">): string {
  return hint ? `${message}; ${hint}` : message;
}

/** The same failure with one more line of details. */
export function withDetail(error: ImpError, line: string): ImpError {
  return error.with({ details: [...error.parts.details ?? [], line] });
}

/** Errors that say nothing about the request: imp could not do its part. */
const EXHAUSTION = ["EMFILE", "ENFILE", "ENOMEM", "EAGAIN", "ENOSPC", "EDQUOT"];

function isExhaustion(errno: string | undefined): boolean {
  return errno !== undefined && EXHAUSTION.includes(errno);
}

/** The command line itself is wrong: exit status 2. */
export class UsageError extends Error {
  readonly hint?: string;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = "UsageError";
    this.hint = hint;
  }
}

/** A signal asked this process to stop: what was begun is undone first. */
export class Interrupted extends Error {
  /** @param signal its name without SIG */
  constructor(readonly signal: string) {
    super(`interrupted by SIG${signal}`);
  }
}

function describe({ action, object, errno, why }: ErrorParts): string {
  const what = object === undefined ? `cannot ${action}` : `cannot ${action} ${object}`;
  if (errno && why) return `${what}: ${errno} (${why})`;
  const reason = errno ?? why;
  return reason ? `${what}: ${reason}` : what;
}
