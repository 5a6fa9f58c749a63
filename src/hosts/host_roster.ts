import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import {
  chosenGroups,
  chosenHosts,
  type HostEntry,
  type HostSpec,
  isInGroup,
} from "./host_spec.ts";
import { HostsFile } from "./hosts_file.ts";

/** The requested hosts: `-S`, `--hosts`. */
export interface HostsRequest {
  readonly entries: readonly HostEntry[];
  /** Hosts files, as named by the user. */
  readonly files: readonly string[];
}

/** Hosts to use from now on, hosts that get no more jobs, and hosts with a changed number of cores. */
export interface RosterChange {
  readonly come: readonly HostSpec[];
  readonly gone: readonly HostSpec[];
  readonly changed: readonly HostSpec[];
}

/** The hosts of a pool. Those of files come and go. */
export class HostRoster {
  hosts: readonly HostSpec[];
  private readonly files: readonly HostsFile[];

  /** @throws ImpError if a file cannot be read or has a mistake, or there is no host */
  constructor(
    private readonly request: HostsRequest,
    private readonly warn: (text: string) => void,
  ) {
    const named = request.entries.flatMap((entry) => entry.kind === "file" ? [entry.file] : []);
    this.files = [...named, ...request.files].map((name) => new HostsFile(name, warn));
    this.hosts = chosenHosts(this.entries());
    if (this.hosts.length === 0) throw this.noHosts();
    for (const group of chosenGroups(this.entries())) {
      if (this.hosts.some((host) => isInGroup(host, [group]))) continue;
      this.warn(`-S @${group}: no host is in that group`);
    }
  }

  /** When to call {@link look}, on the clock of runtime.now(). */
  get due(): number {
    return Math.min(...this.files.map(({ next }) => next));
  }

  /** @returns what has changed, if anything */
  look(now: number): RosterChange | undefined {
    let changed = false;
    for (const file of this.files) changed = file.look(now) || changed;
    if (!changed) return undefined;
    const hosts = chosenHosts(this.entries());
    if (hosts.length === 0) {
      this.warn(`${this.noHosts().message}; they stay as they were`);
      return undefined;
    }
    const change = rosterChange(this.hosts, hosts);
    this.hosts = hosts;
    return Object.values(change).every((list) => list.length === 0) ? undefined : change;
  }

  private entries(): HostEntry[] {
    return [...this.request.entries, ...this.files.flatMap((file) => file.entries)];
  }

  private noHosts(): ImpError {
    const entries = this.entries();
    const groups = chosenGroups(entries).map((group) => `@${group}`).join(", ");
    const why = groups === ""
      ? "no hosts in it"
      : entries.some(({ kind }) => kind === "host")
      ? "none of the hosts is in that group"
      : "a group chooses among hosts, and none are named";
    const object = groups || this.files.map(({ path }) => path).join(", ");
    return new ImpError({ action: "use", object, why, exit: EXIT.failed });
  }
}

/** The changes, by host name. */
export function rosterChange(
  before: readonly HostSpec[],
  after: readonly HostSpec[],
): RosterChange {
  const isIn = (hosts: readonly HostSpec[], { name }: HostSpec) =>
    hosts.some((host) => host.name === name);
  return {
    come: after.filter((host) => !isIn(before, host)),
    gone: before.filter((host) => !isIn(after, host)),
    changed: after.filter(({ name, cores }) =>
      before.some((host) => host.name === name && host.cores !== cores)
    ),
  };
}
