/** What a process is, in the terms of job control and daemons. */
export type KindName =
  | "kernel-thread"
  | "init"
  | "zombie"
  | "shell"
  | "session-leader"
  | "foreground-job"
  | "stopped-job"
  | "background-job"
  | "nohup-job"
  | "shell-group"
  | "detached"
  | "own-session"
  | "daemon"
  | "orphan"
  | "child";

export interface ProcessKind {
  readonly kind: KindName;
  /** In a few words: `background job of bash (pid 4000)`. */
  readonly title: string;
  /** The facts that show it, as sentences without a full stop. */
  readonly evidence: readonly string[];
}

/** `bash (pid 4000)` */
export function named(program: { pid: number; comm: string }): string {
  return `${program.comm} (pid ${program.pid})`;
}
