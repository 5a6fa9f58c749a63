// Pure: the words that open a connection to a host.
import { UsageError } from "../base/errors.ts";
import { splitWords } from "../base/split_words.ts";
import type { HostSpec } from "./host_spec.ts";

/** What `--ssh`, or PARALLEL_SSH, is when nothing is said. */
export const USUAL_SSH: readonly string[] = ["ssh"];

/** How connections are made. */
export interface SshSettings {
  /** The words of a program like ssh(1). */
  readonly ssh: readonly string[];
  /** Milliseconds after which a host that is silent counts as lost. */
  readonly timeout: number;
}

/** Reads `--ssh`. @throws UsageError */
export function parseSsh(text: string): readonly string[] {
  const words = splitWords(text);
  if (words.length > 0) return words;
  throw new UsageError("--ssh: no program given", "write for example --ssh 'ssh -F my.config'");
}

/** @param command what the host's login shell is to do */
export function sshWords(
  way: HostSpec["way"] & { kind: "ssh" },
  { ssh, timeout }: SshSettings,
  command: string,
): string[] {
  const words = way.words.length > 0 ? way.words : ssh;
  const name = words[0].slice(words[0].lastIndexOf("/") + 1);
  // What stands in front counts: the user's own words do. Another program has other options.
  const own = name === "ssh" ? options(timeout) : [];
  return [...words, ...own, way.destination, command];
}

/** ssh(1), ssh_config(5). */
function options(timeout: number): string[] {
  const seconds = Math.max(1, Math.ceil(timeout / 1000));
  // It gives up when three of these times have passed.
  const interval = Math.max(1, Math.round(seconds / 3));
  return [
    // No terminal, no display, no jobs of the user's own on the way; as scp(1) does.
    "-Tx",
    "-oClearAllForwardings=yes",
    "-oPermitLocalCommand=no",
    "-oRemoteCommand=none",
    // Nobody is asked for a password in the middle of a run.
    "-oBatchMode=yes",
    // A connection that the user shares is used; one that imp had opened for others would have to outlive it.
    "-oControlMaster=no",
    `-oConnectTimeout=${seconds}`,
    `-oServerAliveInterval=${interval}`,
    "-oServerAliveCountMax=2",
  ];
}
