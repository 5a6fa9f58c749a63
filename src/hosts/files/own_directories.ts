import { ImpError } from "../../base/errors.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { removeTree } from "../../libc/descriptors/directory.ts";
import { makeDirectoryIn, removeDirectoryIn } from "../../libc/descriptors/file_names.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { namesOf } from "./places.ts";
import { openDirectoryAt } from "./walk.ts";

/** Below the home directory. */
export const OWN_PLACE: readonly string[] = [".imp", "tmp"];

/** A separate directory for each job (`--workdir ...`): below ~/.imp/tmp, accessible only to its owner. */
export class OwnDirectories {
  private isOpen = false;

  /** @param home absolute; @param name of this worker, unique among running ones */
  constructor(private readonly home: string, private readonly name: string) {}

  /** Where all of them are. */
  get top(): string {
    return `${this.home === "/" ? "" : this.home}/${OWN_PLACE.join("/")}/${this.name}`;
  }

  /** Creates the containing directory. @returns its path. @throws ImpError */
  open(): string {
    if (!this.isOpen) makePrivateAt([...namesOf(this.home), ...OWN_PLACE], this.name, this.top);
    this.isOpen = true;
    return this.top;
  }

  /** @returns its path. @throws ImpError */
  make(job: number): string {
    const top = this.open();
    const path = `${top}/${job}`;
    makePrivateAt(namesOf(top), `${job}`, path);
    return path;
  }

  remove(job: number): void {
    removeTree(`${this.top}/${job}`);
  }

  /** Removes all of them, and their containing directories unless somebody else uses these. */
  close(): void {
    if (this.isOpen) removeOwnDirectories(this.top);
    this.isOpen = false;
  }
}

/** Those of a worker. @param top the containing directory */
export function removeOwnDirectories(top: string): void {
  removeTree(top);
  const names = namesOf(top);
  for (let count = 1; count <= OWN_PLACE.length; count++) {
    const above = names.slice(0, -1 - count);
    try {
      const directory = openDirectoryAt({ from: "/", names: above, label: top }, "remove");
      // A non-empty one stays: another worker uses it.
      removeDirectoryIn(directory, names.at(-1 - count)!);
      closeFile(directory);
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
    }
  }
}

function makePrivateAt(names: readonly string[], name: string, label: string): void {
  const action = "make the work directory";
  const directory = openDirectoryAt({ from: "/", names, label }, action, () => {});
  const code = makeDirectoryIn(directory, name, 0o700);
  closeFile(directory);
  if (code !== 0) throw systemError(-code, action, label);
}
