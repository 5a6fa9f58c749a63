import { textFromBytes } from "../../base/byte_text.ts";
import { ImpError } from "../../base/errors.ts";
import { join } from "../../pool/bytes.ts";
import {
  compileTemplate,
  type Template,
  type TemplateOptions,
} from "../../pool/template/template.ts";
import type { JobHost } from "../../pool/template/template_parse.ts";
import { type Item, type Job, NO_ITEMS, numberOf } from "../../pool/types.ts";
import type { JobFiles } from "./client_files.ts";
import { pathOfPlace, returnedFile, type SentFile, sentFile } from "./places.ts";

/** The requested files: words of options, with placeholders. */
export interface FilesOption {
  /** `--transferfile` */
  readonly sent: readonly Uint8Array[];
  /** `--return` */
  readonly returned: readonly Uint8Array[];
  /** `--basefile` */
  readonly base: readonly Uint8Array[];
  /** `--workdir`; undefined: the workers' directory. */
  readonly workdir?: Uint8Array;
  readonly cleanup: boolean;
}

/** A host, as far as directories matter. */
export interface PlannedHost {
  /** It is this machine, and its workers start in imp's directory. */
  readonly isHere: boolean;
  readonly at: JobHost;
}

/** A separate directory for each job. */
const OWN = "...";
const HERE = ".";
/** How many names are remembered: more would take much memory. */
const MOST_OWNERS = 200_000;

/** Determines a job's files and directory. */
export class FilesPlan {
  private readonly sent: Template;
  private readonly returned: Template;
  private readonly workdir: Template | undefined;
  private readonly own: boolean;
  /** Which job returns a file of that name. */
  private readonly owners = new Map<string, number>();
  private readonly forAll: readonly SentFile[];

  /**
   * @param here the meaning of `--workdir .` on other hosts: relative to the home directory, or absolute
   * @throws ImpError for an invalid path of `--basefile`
   */
  constructor(
    private readonly option: FilesOption,
    options: TemplateOptions,
    private readonly here: () => string,
  ) {
    // Several items are several files: each repeats the whole word.
    const each = { ...options, exact: true, literal: false, without: false, context: true };
    this.sent = compileTemplate(option.sent, each);
    this.returned = compileTemplate(option.returned, each);
    const { workdir } = option;
    this.forAll = option.base.map((word) => sentFile(textFromBytes(word)));
    this.own = workdir !== undefined && textFromBytes(workdir) === OWN;
    this.workdir = workdir && !this.own ? compileTemplate([workdir], each) : undefined;
  }

  /** @throws ImpError for an invalid path, or another job's */
  of(job: Job, slot: number, host: PlannedHost): JobFiles {
    const { at } = host;
    const { items } = job;
    const seq = numberOf(job);
    const sent = this.sent.render(items, seq, slot, at).map((word) =>
      sentFile(textFromBytes(word))
    );
    const returned = this.returned.render(items, seq, slot, at)
      .map((word) => returnedFile(textFromBytes(word)));
    for (const { path } of returned) this.takeName(path, job.seq);
    const workdir = this.directory(items, seq, slot, host);
    return {
      host: {
        ...{ workdir, own: this.own, cleanup: this.option.cleanup, stays: false },
        sent: sent.map(({ path, place }) => ({ place: pathOfPlace(place), source: path })),
        returned: returned.map(({ place }) => pathOfPlace(place)),
      },
      sent,
      returned,
    };
  }

  /** Files for all jobs of a host; undefined if none. */
  base(host: PlannedHost): JobFiles | undefined {
    const sent = this.forAll;
    if (sent.length === 0) return undefined;
    const workdir = this.own ? "" : this.directory(NO_ITEMS, 0, 0, host);
    return {
      host: {
        ...{ workdir, own: false, cleanup: this.option.cleanup, stays: true, returned: [] },
        sent: sent.map(({ path, place }) => ({ place: pathOfPlace(place), source: path })),
      },
      sent,
      returned: [],
    };
  }

  /** If two jobs returned the same name, one result would be lost. */
  private takeName(path: string, seq: number): void {
    const other = this.owners.get(path);
    if (other !== undefined && other !== seq) {
      throw new ImpError({
        action: "return",
        object: path,
        errno: "EEXIST",
        why: "another job returns a file of that name",
        hint: "let it name the job or the host: {#}, {host}/./NAME",
      });
    }
    if (this.owners.size < MOST_OWNERS) this.owners.set(path, seq);
  }

  private directory(items: Item, seq: number, slot: number, host: PlannedHost): string {
    if (!this.workdir) return "";
    const words = this.workdir.render(items, seq, slot, host.at);
    const path = textFromBytes(join(words, SPACE));
    if (path === HERE) return host.isHere ? "" : this.here();
    return path;
  }
}

const SPACE = 0x20;
