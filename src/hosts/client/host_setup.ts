import type { ClientFiles } from "../files/client_files.ts";
import type { FilesPlan } from "../files/files_plan.ts";
import type { ApproachSettings } from "../host_approach.ts";
import type { HostSpec } from "../host_spec.ts";
import type { RosterChange } from "../host_roster.ts";
import type { WorkerLoad, WorkerSetup } from "../greeting.ts";
import type { ReportSettings } from "../../pool/workers/record_reports.ts";
import type { PoolSettings } from "../../pool/settings.ts";

/** The hosts, as HostRoster reports them. */
export interface HostList {
  readonly hosts: readonly HostSpec[];
  readonly due: number;
  look(now: number): RosterChange | undefined;
}

/** Settings of a pool over hosts, besides those of every pool. */
export interface HostsSettings {
  readonly pool: PoolSettings;
  readonly list: HostList;
  readonly approach: ApproachSettings;
  /** The setup for a host's worker. */
  readonly setup: (spec: HostSpec) => Omit<WorkerSetup, "credit">;
  /** Whether a machine with this load may get another job; undefined: always. */
  readonly mayUse?: (load: Partial<WorkerLoad>) => boolean;
  /** A word of the jobs, or of their tags, names the slot: no job may wait for one at a host. */
  readonly namesSlot: boolean;
  /** Unfinished jobs of a lost host are given to others. */
  readonly retriesLost: boolean;
  /** Hosts are told when a job was printed and recorded, SETTLED. */
  readonly tellsSettled?: boolean;
  /** Hosts unusable from the start are not reported. */
  readonly filtered?: boolean;
  /** Jobs are bound to a host each, and so many hosts work at a time. */
  readonly hostsAtOnce?: number;
  /** Milliseconds between opening two connections. */
  readonly openDelay: number;
  /** Jobs have files, or directories made for them. */
  readonly files?: {
    readonly plan: FilesPlan;
    /** The client's end of a connection. */
    readonly open: () => ClientFiles;
  };
  /** Jobs are records for the workers in SETUP, and are reported this way. */
  readonly records?: Omit<ReportSettings, "pool">;
  /** A host has become ready. */
  readonly begun?: () => void;
  /** Prints a message on stderr. */
  readonly warn: (text: string) => void;
}
