import { ImpError } from "../../base/errors.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { removeTree } from "../../libc/descriptors/directory.ts";
import { makeDirectoryIn, removeDirectoryIn } from "../../libc/descriptors/file_names.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { namesOf } from "./places.ts";
import { openDirectoryAt } from "./walk.ts";

/** Below the home directory. */
const PLACE = [".imp", "tmp"];

/** Directories of which each job has one of its own (`--workdir ...`): below ~/.imp/tmp, its owner's alone. */
export class OwnDirectories {
  private made: string | undefined;

  /** @param home absolute; @param name of this worker, which no other one has at the same time */
  constructor(private readonly home: string, private readonly name: string) {}

  /** Where all of them are. */
  get top(): string {
    return `${this.home === "/" ? "" : this.home}/${PLACE.join("/")}/${this.name}`;
  }

  /** @returns its path. @throws ImpError */
  make(job: number): string {
    if (this.made === undefined) {
      makePrivateAt([...namesOf(this.home), ...PLACE], this.name, this.top);
      this.made = this.top;
    }
    const path = `${this.top}/${job}`;
    makePrivateAt(namesOf(this.top), `${job}`, path);
    return path;
  }

  remove(job: number): void {
    removeTree(`${this.top}/${job}`);
  }

  /** Removes all of them, and what was made to hold them where nobody else uses it. */
  close(): void {
    if (this.made === undefined) return;
    this.made = undefined;
    removeTree(this.top);
    try {
      for (let count = PLACE.length; count > 0; count--) this.removeEmpty(count);
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
    }
  }

  private removeEmpty(count: number): void {
    const names = [...namesOf(this.home), ...PLACE.slice(0, count - 1)];
    const directory = openDirectoryAt({ from: "/", names, label: this.top }, "remove");
    removeDirectoryIn(directory, PLACE[count - 1]);
    closeFile(directory);
  }
}

function makePrivateAt(names: readonly string[], name: string, label: string): void {
  const action = "make the work directory";
  const directory = openDirectoryAt({ from: "/", names, label }, action, () => {});
  const code = makeDirectoryIn(directory, name, 0o700);
  closeFile(directory);
  if (code !== 0) throw systemError(-code, action, label);
}
