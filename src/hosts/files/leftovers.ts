import { ImpError } from "../../base/errors.ts";
import { removeDirectoryIn, removeIn } from "../../libc/descriptors/file_names.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import type { Leftover } from "./made.ts";
import { namesOf } from "./places.ts";
import { openDirectoryAt } from "./walk.ts";

/** Removes files, and empty directories; what cannot be removed stays. @param leftovers absolute, inner ones first */
export function removeLeftovers(leftovers: readonly Leftover[]): void {
  for (const { path, directory } of leftovers) remove(path, directory);
}

function remove(path: string, isDirectory: boolean): void {
  const names = namesOf(path);
  const name = names.pop();
  if (name === undefined || name === "..") return;
  try {
    const directory = openDirectoryAt({ from: "/", names, label: path }, "remove");
    if (isDirectory) removeDirectoryIn(directory, name);
    else removeIn(directory, name);
    closeFile(directory);
  } catch (error) {
    // Its directory is gone, or we may not walk it.
    if (!(error instanceof ImpError)) throw error;
  }
}
