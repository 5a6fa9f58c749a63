// The requests of `imp pool`: four families, each with what only it knows.
import type { StopStep } from "../../termination/schedule.ts";
import type { FilesOption } from "../../hosts/files/files_plan.ts";
import type { BlockRule } from "../../pool/source/block_jobs.ts";
import type { Columns } from "../../pool/source/columns.ts";
import type { FilterRules } from "../../pool/source/record_filters.ts";
import type { Boundary } from "../../pool/source/input.ts";
import type { ResumeMode } from "../../pool/account/resume.ts";
import type { OutputMode } from "../../pool/settings.ts";
import type { SourceSpec } from "../../pool/source/sources.ts";
import type { Template, TemplateOptions } from "../../pool/template/template.ts";
import type { ClientMode } from "../../queue/client/client_settings.ts";
import type { PlaceWords } from "../queues/access_options.ts";
import type { HaltRule, JobsSetting, RetryRule, TimeoutRule } from "../../pool/types.ts";

export type PoolRequest =
  | ItemsRequest
  | BlocksRequest
  | WorkersRequest
  | SemaphoreRequest
  | AttachedRequest;

/** What programs of every family have in common. */
export interface ProgramsRequest {
  readonly jobs: JobsSetting;
  readonly nice?: number;
  readonly noChildren: boolean;
  /** The running job has the terminal; one runs at a time. */
  readonly tty: boolean;
  readonly retry?: RetryRule;
  readonly timeout?: TimeoutRule;
  readonly termSteps: readonly StopStep[];
  readonly quiet: boolean;
}

/** What all pools of many jobs have in common. */
export interface ManyRequest extends ProgramsRequest {
  /** Where jobs run, if not on this machine alone. */
  readonly hosts?: HostsOption | QueueRequest;
  /** Where processes run; undefined: imp's own working directory. */
  readonly chdir?: string;
  /** A file that holds `jobs`, read again and again. */
  readonly jobsFile?: string;
  /** Milliseconds between two starts. */
  readonly delay: number;
  /** No job starts while the load average is at least this; may be Infinity. */
  readonly maxLoad: number;
  /** No job starts while fewer bytes of memory are available. */
  readonly minMemory: number;
  readonly halt: HaltRule;
  readonly inOrder: boolean;
  readonly tag: boolean;
  readonly json: boolean;
  readonly progress: boolean;
  /** Print the totals at the end in any case. */
  readonly verbose: boolean;
  readonly log?: { readonly path: string; readonly appends: boolean; readonly resume?: ResumeMode };
  /** The file for the report page. */
  readonly report?: string;
}

/** `-S`, `--hosts`, and related options. Interpreted where hosts are used: src/hosts is rarely loaded. */
export interface HostsOption {
  readonly kind: "hosts";
  readonly logins: readonly string[];
  readonly files: readonly string[];
  readonly retriesLost: boolean;
  /** Say nothing about hosts that are unusable from the start. */
  readonly filtered: boolean;
  /** Milliseconds: of silence after which a host counts as lost; between the starts of two connections. */
  readonly timeout: number;
  readonly openDelay: number;
  readonly ssh?: string;
  /** `ARCH=FILE` */
  readonly images: readonly string[];
  /** Jobs have files on the host, or a directory created for them. */
  readonly transfer?: FilesOption;
  /** Each job runs on every host. */
  readonly onEach: boolean;
  /** Names of variables to send. */
  readonly env: readonly string[];
}

/** `--on`, and related options. */
export interface QueueRequest {
  readonly kind: "queue";
  readonly place: PlaceWords;
  readonly mode: ClientMode;
  /** The run to attach to. */
  readonly run?: string;
  /** No job may run twice. */
  readonly once: boolean;
  readonly terms: QueueTerms;
}

/** When and by which workers its jobs are taken, as given. Interpreted in queue_terms.ts, where it is used. */
export interface QueueTerms {
  readonly priority?: string;
  readonly needs?: string;
  readonly notBefore?: string;
}

/** The missing results of a run; `--attach`. */
export interface AttachedRequest extends ManyRequest {
  readonly family: "attach";
  readonly hosts: QueueRequest;
}

/** What items and blocks have in common: each job is a process. */
interface ProcessesRequest extends ManyRequest {
  readonly command: JobCommand;
  readonly output: OutputMode;
  /** The directory of `--results`, and its layout. */
  readonly results?: { readonly directory: string; readonly by: "number" | "arguments" };
  /** Output goes to files; their names are printed. */
  readonly files: boolean;
  /** The directory of `--tmpdir`. */
  readonly temporary?: string;
  readonly dryRun: boolean;
  /** Print each command to stderr before it runs. */
  readonly trace: boolean;
  /** The prefix of each line, with placeholders. */
  readonly tagstring?: Uint8Array;
}

/** The words of a job before placeholders are filled in. */
export interface JobCommand {
  readonly words: readonly Uint8Array[];
  readonly template: Template;
  /** How it was made from the words: it is made again when more is known. */
  readonly options: TemplateOptions;
}

/** A job for each item, or for several, as in GNU parallel and xargs. */
export interface ItemsRequest extends ProcessesRequest {
  readonly family: "items";
  readonly items: ItemInput;
  /** How a job gets its items. */
  readonly by: "arguments" | "stdin";
}

/** A job for each block of one stream; `--pipe`. */
export interface BlocksRequest extends ProcessesRequest {
  readonly family: "blocks";
  /** The file to split; undefined: standard input. */
  readonly file?: string;
  /** Jobs get their parts of the file from the kernel. */
  readonly inParts: boolean;
  readonly rule: BlockRule;
}

/** Resident processes that receive records; `--workers` and `--call`. */
export interface WorkersRequest extends ManyRequest {
  readonly family: "workers";
  readonly program: WorkerSource;
  readonly items: ItemInput;
  /** Most records that a worker gets in its life; may be Infinity. */
  readonly maxTasks: number;
  /** A worker is replaced when its resident memory reaches this many bytes; may be Infinity. */
  readonly maxMemory: number;
  /** Most records that a worker may have at once. */
  readonly ahead: number;
}

export type WorkerSource =
  /** A program that answers lines. */
  | { readonly kind: "lines"; readonly words: readonly Uint8Array[] }
  /** A function: `MODULE[#EXPORT]`. */
  | { readonly kind: "call"; readonly target: string; readonly jsonArguments: boolean };

/** One program, once fewer of that name run; `--sem`. */
export interface SemaphoreRequest extends ProgramsRequest {
  readonly family: "semaphore";
  readonly name: string;
  readonly words: readonly Uint8Array[];
}

/** Where items come from, and how many make a job. */
export interface ItemInput {
  readonly sources: readonly SourceSpec[];
  /** All sources are read in parallel. */
  readonly linked: boolean;
  /** What ends a record: one per source, because it may have state. */
  readonly boundary: () => Boundary;
  /** The bytes that end a record on output. */
  readonly terminator: Uint8Array;
  readonly columns?: Columns;
  readonly filters: FilterRules;
  /** The first record of each source names its columns. */
  readonly header: boolean;
  readonly shuffled: boolean;
  /** Most bytes for the words of a job, each counted with a terminating byte; may be Infinity. */
  readonly maxChars: number;
  /** Most items of a job; Infinity: as many as fit. */
  readonly most: number;
  /** Spread the last items over all jobs that can run at once. */
  readonly spread: boolean;
}
