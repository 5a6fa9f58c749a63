// What `imp pool` can be asked for: one of four families, each with what only it knows.
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
  /** The job that runs has the terminal; one runs at a time. */
  readonly tty: boolean;
  readonly retry?: RetryRule;
  readonly timeout?: TimeoutRule;
  readonly termSteps: readonly StopStep[];
  readonly quiet: boolean;
}

/** What every pool has in common that does many jobs. */
export interface ManyRequest extends ProgramsRequest {
  /** Where jobs run, if that is not this machine alone. */
  readonly hosts?: HostsOption | QueueRequest;
  /** Where processes run; imp's own directory where left out. */
  readonly chdir?: string;
  /** A file that says `jobs`, looked at again and again. */
  readonly jobsFile?: string;
  /** Milliseconds between two starts. */
  readonly delay: number;
  /** No job starts while the load average is as high; Infinity. */
  readonly maxLoad: number;
  /** No job starts while fewer bytes of memory are available. */
  readonly minMemory: number;
  readonly halt: HaltRule;
  readonly inOrder: boolean;
  readonly tag: boolean;
  readonly json: boolean;
  readonly progress: boolean;
  /** The sums at the end are told in any case. */
  readonly verbose: boolean;
  readonly log?: { readonly path: string; readonly appends: boolean; readonly resume?: ResumeMode };
  /** The file of the page about the run. */
  readonly report?: string;
}

/** `-S`, `--hosts`, and what belongs to them. Read where hosts are used: src/hosts is rare. */
export interface HostsOption {
  readonly kind: "hosts";
  readonly logins: readonly string[];
  readonly files: readonly string[];
  readonly retriesLost: boolean;
  /** Nothing is said of hosts that cannot be used from the start. */
  readonly filtered: boolean;
  /** Milliseconds: of silence, after which a host counts as lost; between the starts of two connections. */
  readonly timeout: number;
  readonly openDelay: number;
  readonly ssh?: string;
  /** `ARCH=FILE` */
  readonly images: readonly string[];
  /** Jobs have files there, or a directory that is made for them. */
  readonly transfer?: FilesOption;
  /** Each job runs on every host. */
  readonly onEach: boolean;
  /** Names of variables that go there. */
  readonly env: readonly string[];
}

/** `--on`, and what belongs to it. */
export interface QueueRequest {
  readonly kind: "queue";
  readonly place: PlaceWords;
  readonly mode: ClientMode;
  /** The one to be attached to. */
  readonly run?: string;
  /** No job may run twice. */
  readonly once: boolean;
  readonly terms: QueueTerms;
}

/** When and by which workers its jobs are taken, as it was said. What it means is read in queue_terms.ts, where it is used. */
export interface QueueTerms {
  readonly priority?: string;
  readonly needs?: string;
  readonly notBefore?: string;
}

/** What is missing of a run; `--attach`. */
export interface AttachedRequest extends ManyRequest {
  readonly family: "attach";
  readonly hosts: QueueRequest;
}

/** What items and blocks have in common: each job is a process. */
interface ProcessesRequest extends ManyRequest {
  readonly command: JobCommand;
  readonly output: OutputMode;
  /** The directory of `--results`, and how it is laid out. */
  readonly results?: { readonly directory: string; readonly by: "number" | "arguments" };
  /** Output goes to files, whose names are printed. */
  readonly files: boolean;
  /** The directory of `--tmpdir`. */
  readonly temporary?: string;
  readonly dryRun: boolean;
  /** Each command is told on stderr before it runs. */
  readonly trace: boolean;
  /** What stands before each line, with placeholders. */
  readonly tagstring?: Uint8Array;
}

/** The words of a job before anything is filled in. */
export interface JobCommand {
  readonly words: readonly Uint8Array[];
  readonly template: Template;
  /** How it was made of the words: again, when more is known. */
  readonly options: TemplateOptions;
}

/** A job for each item, or for several: GNU parallel's and xargs' way. */
export interface ItemsRequest extends ProcessesRequest {
  readonly family: "items";
  readonly items: ItemInput;
  /** How a job gets its items. */
  readonly by: "arguments" | "stdin";
}

/** A job for each block of one stream; `--pipe`. */
export interface BlocksRequest extends ProcessesRequest {
  readonly family: "blocks";
  /** The file that is split; standard input where left out. */
  readonly file?: string;
  /** Jobs get their parts of the file from the kernel. */
  readonly inParts: boolean;
  readonly rule: BlockRule;
}

/** Resident processes that get records; `--workers` and `--call`. */
export interface WorkersRequest extends ManyRequest {
  readonly family: "workers";
  readonly program: WorkerSource;
  readonly items: ItemInput;
  /** Records that a worker gets in its life; Infinity. */
  readonly maxTasks: number;
  /** Bytes of resident memory from which on a worker is replaced; Infinity. */
  readonly maxMemory: number;
  /** Records that a worker may have at once. */
  readonly ahead: number;
}

export type WorkerSource =
  /** A program that answers lines. */
  | { readonly kind: "lines"; readonly words: readonly Uint8Array[] }
  /** A function: `MODULE[#EXPORT]`. */
  | { readonly kind: "call"; readonly target: string; readonly jsonArguments: boolean };

/** One program when fewer of that name run; `--sem`. */
export interface SemaphoreRequest extends ProgramsRequest {
  readonly family: "semaphore";
  readonly name: string;
  readonly words: readonly Uint8Array[];
}

/** Where items come from, and how many of them make a job. */
export interface ItemInput {
  readonly sources: readonly SourceSpec[];
  /** All sources go side by side. */
  readonly linked: boolean;
  /** What ends a record: of one source, because it may remember. */
  readonly boundary: () => Boundary;
  /** The bytes that end one where it is written. */
  readonly terminator: Uint8Array;
  readonly columns?: Columns;
  readonly filters: FilterRules;
  /** The first record of each source names its columns. */
  readonly header: boolean;
  readonly shuffled: boolean;
  /** Bytes that the words of a job take, at most, with one behind each; Infinity. */
  readonly maxChars: number;
  /** Items of a job, at most; Infinity for as many as fit. */
  readonly most: number;
  /** The last items are spread over all jobs that can run at once. */
  readonly spread: boolean;
}
