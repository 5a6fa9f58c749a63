import type { ClientFiles } from "../files/client_files.ts";
import type { FilesPlan } from "../files/files_plan.ts";
import type { ApproachSettings } from "../host_approach.ts";
import type { HostSpec } from "../host_spec.ts";
import type { RosterChange } from "../host_roster.ts";
import type { WorkerLoad, WorkerSetup } from "../greeting.ts";
import type { ReportSettings } from "../../pool/workers/record_reports.ts";
import type { PoolSettings } from "../../pool/settings.ts";

/** Which hosts there are, as HostRoster says. */
export interface HostList {
  readonly hosts: readonly HostSpec[];
  readonly due: number;
  look(now: number): RosterChange | undefined;
}

/** What a pool over hosts is asked for besides what every pool is. */
export interface HostsSettings {
  readonly pool: PoolSettings;
  readonly list: HostList;
  readonly approach: ApproachSettings;
  /** What the worker on a host is told. */
  readonly setup: (spec: HostSpec) => Omit<WorkerSetup, "credit">;
  /** Whether a machine that says this of itself may have another job; undefined: always. */
  readonly mayUse?: (load: Partial<WorkerLoad>) => boolean;
  /** A word of the jobs, or of their tags, names the slot: no job waits on a host for one. */
  readonly namesSlot: boolean;
  /** Jobs that have no word yet when their host is lost are given to others. */
  readonly retriesLost: boolean;
  /** Hosts are told when a job has been printed and recorded, SETTLED. */
  readonly tellsSettled?: boolean;
  /** Nothing is said of hosts that cannot be used from the start. */
  readonly filtered?: boolean;
  /** Jobs are for one host each, and so many hosts work at once. */
  readonly hostsAtOnce?: number;
  /** Milliseconds between the starts of two connections. */
  readonly openDelay: number;
  /** Jobs have files, or directories that are made for them. */
  readonly files?: {
    readonly plan: FilesPlan;
    /** The client's end of a connection. */
    readonly open: () => ClientFiles;
  };
  /** Jobs are records, for workers that SETUP speaks of, and are reported in this way. */
  readonly records?: Omit<ReportSettings, "pool">;
  /** Tells the user something on stderr. */
  readonly warn: (text: string) => void;
}
