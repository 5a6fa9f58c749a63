import { ImpError } from "../../base/errors.ts";
import { O_RDWR } from "../../libc/abi.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { moveUp, openFile } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { changeDirectoryTo, workingDirectory } from "../../libc/processes/process.ts";
import { wordText } from "../../libc/processes/process_image.ts";
import { absolute, findProgram } from "../../libc/processes/program_file.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { isBlock, type WordBlock } from "../../libc/processes/spawner.ts";
import type { PoolSettings } from "../../pool/settings.ts";
import {
  type JobDescriptors,
  type ProcessStarter,
  Starter,
  type StartOutcome,
  withVariables,
} from "../../pool/process/starter.ts";
import type { WorkerSetup } from "../greeting.ts";
import type { JobOrder } from "../job_frames.ts";
import type { Permissions } from "./permissions.ts";

/** Each has its own memory for words and environment. */
const MOST_STARTERS = 64;
const MOST_FOUND = 1024;

/** Starts jobs of many programs, each looked up when first needed, with their own directories and environments. */
export class Programs implements ProcessStarter {
  /** By executed file and variables. */
  private readonly starters = new Map<string, Starter>();
  /** The same by directory and name, until something was found to have moved. */
  private readonly found = new Map<string, Starter>();
  /** The stdin of all of them. */
  private readonly nothing = moveUp(openFile("/dev/null", O_RDWR), FLOOR.job);
  private readonly environment: readonly Bytes[];
  private readonly home = workingDirectory();
  private at = this.home;
  /** The next job to start. */
  order: JobOrder | undefined;
  /** The name of its slot 1. */
  firstSlot = 1;

  constructor(
    environment: readonly Bytes[],
    private readonly setup: Pick<WorkerSetup, "dir" | "env">,
    private readonly settings: Pick<PoolSettings, "noChildren" | "terminal">,
    /** Undefined: everything may be run. */
    private readonly permissions: Permissions | undefined,
  ) {
    this.environment = withVariables(environment, setup.env ?? []);
  }

  start(
    argv: readonly (Bytes | WordBlock)[],
    descriptors: JobDescriptors,
    alone: boolean,
    slot: number,
    seq?: number,
  ): StartOutcome {
    const { more, slot: named = 0 } = this.order ?? {};
    const shown = named > 0 ? named : this.firstSlot - 1 + slot;
    try {
      this.refuseVariables(this.setup.env);
      this.refuseVariables(more?.env);
      const directory = absolute(more?.dir ?? this.setup.dir ?? this.home, this.home);
      const refusal = this.permissions?.refusalOfDirectory(directory);
      if (refusal) throw refusal;
      this.enter(directory);
      const starter = this.starterOf(argv, more?.env ?? []);
      return starter.start(argv, descriptors, alone, shown, seq);
    } catch (error) {
      // Only this job cannot be started: others may have other programs.
      if (!(error instanceof ImpError)) throw error;
      // Programs found before may have moved.
      this.found.clear();
      return { failed: error.errno ?? "EINVAL", error };
    }
  }

  private starterOf(argv: readonly (Bytes | WordBlock)[], variables: readonly string[]): Starter {
    const [word] = argv;
    const name = isBlock(word) ? "" : wordText(word);
    const key = [this.at, name, ...variables].join("\0");
    const known = this.found.get(key);
    if (known) return known;
    const environment = withVariables(this.environment, variables);
    const file = findProgram(name, environment, this.at);
    const refusal = this.permissions?.refusalOf(file);
    if (refusal) throw refusal;
    // Each job may have its own directory: files in it are named relative to it.
    const local = file.startsWith(`${this.at}/`) ? `.${file.slice(this.at.length)}` : file;
    const starter = this.starterFor(local, environment, variables);
    if (this.found.size >= MOST_FOUND) this.found.clear();
    this.found.set(key, starter);
    return starter;
  }

  private starterFor(
    file: string,
    environment: readonly Bytes[],
    variables: readonly string[],
  ): Starter {
    const key = [file, ...variables].join("\0");
    const known = this.starters.get(key);
    if (known) return known;
    const starter = new Starter(file, environment, this.nothing, this.settings, true);
    if (this.starters.size >= MOST_STARTERS) {
      const [oldest] = this.starters.keys();
      this.starters.delete(oldest);
    }
    this.starters.set(key, starter);
    return starter;
  }

  /** @throws ImpError */
  private refuseVariables(words: readonly string[] | undefined): void {
    const refusal = words && this.permissions?.refusalOfVariables(words);
    if (refusal) throw refusal;
  }

  /** @throws ImpError */
  private enter(directory: string): void {
    if (directory === this.at) return;
    const code = changeDirectoryTo(directory);
    if (code !== 0) throw systemError(code, "change to directory", directory);
    this.at = directory;
  }
}
