// Pure: the words that open a connection to a host.
import { basename } from "@std/path/basename";
import { UsageError } from "../base/errors.ts";
import { splitWords } from "../base/split_words.ts";
import type { HostSpec } from "./host_spec.ts";

/** The default of `--ssh` and PARALLEL_SSH. */
export const USUAL_SSH: readonly string[] = ["ssh"];

/** How connections are made. */
export interface SshSettings {
  /** The words of a program like ssh(1). */
  readonly ssh: readonly string[];
  /** Milliseconds of silence after which a host counts as lost. */
  readonly timeout: number;
}

/** Parses `--ssh`. @throws UsageError */
export function parseSsh(text: string): readonly string[] {
  const words = splitWords(text);
  if (words.length > 0) return words;
  throw new UsageError("--ssh: no program given", "write for example --ssh 'ssh -F my.config'");
}

/** @param command for the host's login shell */
export function sshWords(
  way: HostSpec["way"] & { kind: "ssh" },
  { ssh, timeout }: SshSettings,
  command: string,
): string[] {
  const words = way.words.length > 0 ? way.words : ssh;
  const name = basename(words[0]);
  // ssh uses the first value of an option: the user's words come first. Another program has other options.
  const own = name === "ssh" ? options(timeout) : [];
  return [...words, ...own, way.destination, command];
}

/** ssh(1), ssh_config(5). */
function options(timeout: number): string[] {
  const seconds = Math.max(1, Math.ceil(timeout / 1000));
  // ssh gives up after three of these intervals.
  const interval = Math.max(1, Math.round(seconds / 3));
  return [
    // No terminal, no X11, no forwarding; like scp(1).
    "-Tx",
    "-oClearAllForwardings=yes",
    "-oPermitLocalCommand=no",
    "-oRemoteCommand=none",
    // No password prompts in the middle of a run.
    "-oBatchMode=yes",
    // Uses a connection that the user shares; one opened by imp for others would have to outlive it.
    "-oControlMaster=no",
    `-oConnectTimeout=${seconds}`,
    `-oServerAliveInterval=${interval}`,
    "-oServerAliveCountMax=2",
  ];
}
