// Pure: the way from a host's name to a worker there: which processes are started in what order, and what their ends
// mean.
import type { ImpError } from "../base/errors.ts";
import type { WorkerGreeting } from "./greeting.ts";
import type { HostSpec } from "./host_spec.ts";
import {
  checksumCommand,
  RECEIVING_COMMAND,
  receivingScript,
  SAYS,
  startingCommand,
} from "./remote_script.ts";
import { type SshSettings, sshWords } from "./ssh_command.ts";
import { connectionError, hostError, lastWords, mayPass } from "./ssh_errors.ts";
import { machineName } from "./machine_name.ts";
import type { WorkerImage } from "./worker_image.ts";

/** A process on the way to a worker. */
export type HostLaunch =
  /** It becomes one: it greets on its stdout. */
  | {
    readonly kind: "worker";
    readonly words: readonly string[];
    /** Its stdin and stdout are sockets, for the runtime's event loop. */
    readonly sockets?: true;
  }
  /** It receives an executable: its stdin is a line, then the packer's output. */
  | {
    readonly kind: "copy";
    readonly words: readonly string[];
    readonly line: string;
    readonly file: string;
    readonly packer: readonly string[];
  };

/** The next step after a launched process has ended without a worker's greeting. */
export type ApproachStep =
  /** Launch something, that many milliseconds from now. */
  | { readonly launch: HostLaunch; readonly after: number }
  | { readonly failed: ImpError };

/** What an ended process has left. */
export interface LaunchEnd {
  /** Its exit status; undefined if a signal ended it. */
  readonly status?: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ApproachSettings extends SshSettings {
  readonly version: string;
  readonly images: readonly WorkerImage[];
  /** The words that start imp on this machine, asked for each time: its file may be renamed or removed by then. */
  readonly own: () => readonly string[];
  /** Compressors on this machine. */
  readonly packers: readonly string[];
}

const AGAIN_MS = 1000;
const MOST_TRIES = 4;
/**
 * In order of preference; the best one that both sides have is used. Most of the executable compresses as well at a
 * fast level as at a slow one.
 */
const PACKINGS = [
  { tool: "zstd", packer: ["zstd", "-q", "-3", "-c"], unpack: "zstd -dcq" },
  { tool: "gzip", packer: ["gzip", "-1", "-c"], unpack: "gzip -dc" },
];
const UNPACKED = { packer: ["cat"], unpack: "cat" };

export class HostApproach {
  private tries = 0;
  private hasCopied = false;
  private isCopying = false;

  constructor(private readonly spec: HostSpec, private readonly settings: ApproachSettings) {}

  first(): HostLaunch {
    this.isCopying = false;
    const { own, version, images } = this.settings;
    if (this.spec.way.kind === "local") {
      return { kind: "worker", words: [...own(), "worker", "--stdio"] };
    }
    if (this.spec.way.kind === "bridge") {
      return { kind: "worker", words: [...own(), ...this.spec.way.words], sockets: true };
    }
    return { kind: "worker", words: this.through(startingCommand(version, images)) };
  }

  /** @returns why the worker that has greeted is unusable, if it is */
  refused({ version }: WorkerGreeting): ImpError | undefined {
    if (version === this.settings.version) return undefined;
    const why = `its imp is ${version}, and this one ${this.settings.version}`;
    return hostError(this.spec.name, { why, hint: "install the same version on both" });
  }

  ended(end: LaunchEnd): ApproachStep {
    const words = saidWords(end.stdout);
    if (this.isCopying) return this.copied(words, end);
    if (words?.[0] === "needs") return this.needed(words.slice(1));
    return this.unreached(end);
  }

  /** There was no connection, or it broke. */
  private unreached(end: LaunchEnd): ApproachStep {
    const failed = { name: this.spec.name, ...end };
    if (mayPass(failed) && ++this.tries < MOST_TRIES) {
      return { launch: this.first(), after: AGAIN_MS * this.tries };
    }
    return { failed: connectionError(failed) };
  }

  /** The host lacks imp of this version. */
  private needed([machine, system, ...tools]: readonly string[]): ApproachStep {
    const { name } = this.spec;
    const { version, images } = this.settings;
    const arch = machineName(machine);
    const image = images.find((one) => one.arch === arch);
    const here = `imp ${version} is not installed there`;
    if (this.hasCopied) {
      return this.fail(`${here}, and the copy that imp put there cannot be found`);
    }
    if (system === undefined) {
      const hint = "look at PATH in the startup files of its login shell";
      return { failed: hostError(name, { why: "its shell does not find uname and id", hint }) };
    }
    if (system !== "Linux") return this.fail(`imp runs on Linux, and this is ${system}`);
    if (!image) {
      const hint = `install imp there, or give its executable for ${arch}: --imp-file ${arch}=FILE`;
      const why = images.length === 0
        ? `${here}, and this imp runs from source: there is no executable to copy`
        : `${here}, and its architecture is different (${arch})`;
      return { failed: hostError(name, { why, hint }) };
    }
    const checksum = checksumCommand(tools);
    if (checksum === undefined) {
      return this.fail(`${here}, and there is no program that computes SHA-256`);
    }
    const packing =
      PACKINGS.find(({ tool }) => tools.includes(tool) && this.settings.packers.includes(tool)) ??
        UNPACKED;
    this.isCopying = true;
    return {
      launch: {
        kind: "copy",
        words: this.through(RECEIVING_COMMAND),
        line: receivingScript(version, image, packing.unpack, checksum),
        file: image.path,
        packer: packing.packer,
      },
      after: 0,
    };
  }

  private copied(words: readonly string[] | undefined, end: LaunchEnd): ApproachStep {
    const [what, ...rest] = words ?? [];
    const said = lastWords(rest.join(" "));
    switch (what) {
      case "done":
        this.hasCopied = true;
        return { launch: this.first(), after: 0 };
      case "room":
        return this.fail(`found no place to copy imp to: ${said}`);
      case "broken":
        return this.fail(`the copy of imp is incomplete (${said})`);
      case "foreign":
        return this.foreign(rest);
    }
    this.isCopying = false;
    return this.unreached(end);
  }

  /** The file arrived whole but is the wrong one. */
  private foreign([status, ...words]: readonly string[]): ApproachStep {
    const said = lastWords(words.join(" "));
    if (status === "0") {
      return this.fail(
        `its executable is ${said}, and this imp is ${this.settings.version}`,
      );
    }
    const why = `imp does not run there (${said === "" ? "" : `${said}; `}exit status ${status})`;
    const hint = "another build may: --imp-file ARCH=FILE (baseline, musl)";
    return { failed: hostError(this.spec.name, { why, hint }) };
  }

  private fail(why: string): ApproachStep {
    return { failed: hostError(this.spec.name, { why }) };
  }

  private through(command: string): string[] {
    const { way } = this.spec;
    if (way.kind !== "ssh") throw new Error("this machine is reached without ssh");
    return sshWords(way, this.settings, command);
  }
}

/**
 * The words of the last line printed by one of our scripts, perhaps after a greeting. It is the last thing that a script
 * does; ssh itself may stay, with a process that the login shell's startup files have left running.
 * @returns undefined if there is none, or not yet all of it
 */
export function saidWords(text: string): string[] | undefined {
  const at = text.lastIndexOf(SAYS);
  const end = text.indexOf("\n", at);
  if (at < 0 || end < 0) return undefined;
  return text.slice(at + SAYS.length, end).trim().split(/\s+/);
}
