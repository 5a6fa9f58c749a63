import { EISDIR, ENOTDIR, O_RDONLY } from "../../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../../libc/machine.ts";
import { systemError } from "../../libc/calling/errno.ts";
import {
  makeDirectoryIn,
  makeLinkIn,
  removeIn,
  renameIn,
  setMode,
  setModified,
} from "../../libc/descriptors/file_names.ts";
import { closeFile, tryOpen } from "../../libc/descriptors/files.ts";
import { statAt } from "../../libc/descriptors/stat.ts";
import { factsOf, isThere } from "./facts.ts";
import type { EntryFacts } from "./messages.ts";
import { hiddenName, UnnamedFile } from "./new_file.ts";
import type { FileTarget, NewFile, OfferedEntry } from "./receiver.ts";
import { descendStrictly, openDirectoryAt, readLinkAt, type Spot, type Way } from "./walk.ts";

/** Is told what exists where after an offer, by its path. */
export interface TargetBook {
  made(path: string, kind: EntryFacts["kind"]): void;
  had(path: string, kind: EntryFacts["kind"]): void;
}

const CREATE = "create";
const NOBODY: TargetBook = { made: () => {}, had: () => {} };

/** Writes a job's trees into directories. Links are followed on the way to a tree, never in it. */
export class TreeTarget implements FileTarget {
  /** Directories that it has created, outer ones first: their final modes may forbid writing. */
  private readonly directories: OfferedEntry[] = [];

  /** @param ways where each tree goes */
  constructor(private readonly ways: readonly Way[], private readonly book: TargetBook = NOBODY) {}

  offer(entry: OfferedEntry): "want" | "have" {
    const spot = this.spotOf(entry);
    try {
      switch (entry.facts.kind) {
        case "directory":
          return this.directory(entry, spot);
        case "link":
          return this.link(entry, spot);
        case "file":
          return this.file(entry, spot);
      }
    } finally {
      closeFile(spot.directory);
    }
  }

  open(entry: OfferedEntry): NewFile {
    const path = this.pathOf(entry);
    return new UnnamedFile(
      this.spotOf(entry),
      this.labelOf(entry),
      () => this.book.made(path, "file"),
    );
  }

  finish(): void {
    for (let entry = this.directories.pop(); entry; entry = this.directories.pop()) {
      const { facts: { mode, seconds, nanoseconds } } = entry;
      const spot = this.spotOf(entry);
      const fd = tryOpen(spot.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, spot.directory);
      closeFile(spot.directory);
      // It was ours; somebody has removed it.
      if (fd < 0) continue;
      setModified(fd, seconds, nanoseconds);
      setMode(fd, mode);
      closeFile(fd);
    }
  }

  private directory(entry: OfferedEntry, spot: Spot): "want" | "have" {
    const code = spot.name === "." ? -1 : makeDirectoryIn(spot.directory, spot.name, 0o700);
    if (code === 0) {
      this.directories.push(entry);
      this.book.made(this.pathOf(entry), "directory");
      return "want";
    }
    if (this.isDirectory(entry, spot)) {
      this.book.had(this.pathOf(entry), "directory");
      return "have";
    }
    const there = statAt(spot.directory, spot.name);
    throw systemError(typeof there === "string" ? -code : ENOTDIR, CREATE, this.labelOf(entry));
  }

  /** A tree's directory may be reached through a link. */
  private isDirectory({ root, path }: OfferedEntry, { directory, name }: Spot): boolean {
    const there = statAt(directory, name);
    if (typeof there === "string") return false;
    if (there.kind !== "link" || path !== "") return there.kind === "directory";
    closeFile(openDirectoryAt(this.ways[root], CREATE));
    return true;
  }

  private link(entry: OfferedEntry, { directory, name }: Spot): "want" | "have" {
    const path = this.pathOf(entry);
    if (readLinkAt({ directory, name }) === entry.target) {
      this.book.had(path, "link");
      return "have";
    }
    const hidden = hiddenName();
    let code = makeLinkIn(directory, hidden, entry.target);
    if (code === 0) {
      code = renameIn(directory, hidden, name);
      if (code !== 0) removeIn(directory, hidden);
    }
    if (code !== 0) throw systemError(-code, CREATE, this.labelOf(entry));
    this.book.made(path, "link");
    return "want";
  }

  private file(entry: OfferedEntry, { directory, name }: Spot): "want" | "have" {
    const status = statAt(directory, name);
    // Other errors show when it is created.
    if (typeof status === "string") return "want";
    if (status.kind === "directory") throw systemError(EISDIR, CREATE, this.labelOf(entry));
    const there = factsOf(status);
    if (!there || !isThere(there, entry.facts)) return "want";
    this.book.had(this.pathOf(entry), "file");
    return "have";
  }

  /** The location of an entry; creates directories on the way to its tree. */
  private spotOf(entry: OfferedEntry): Spot {
    const way = this.ways[entry.root];
    const below = entry.path === "" ? [] : entry.path.split("/");
    const name = below.pop();
    if (name === undefined) {
      const names = way.names.slice(0, -1);
      const directory = openDirectoryAt({ ...way, names }, CREATE, (count) => {
        this.book.made(pathOfWay({ ...way, names: names.slice(0, count) }), "directory");
      });
      return { directory, name: way.names.at(-1) ?? "." };
    }
    const top = openDirectoryAt(way, CREATE);
    const directory = descendStrictly(top, below);
    closeFile(top);
    if (directory < 0) throw systemError(-directory, CREATE, this.labelOf(entry));
    return { directory, name };
  }

  private pathOf({ root, path }: OfferedEntry): string {
    return joined(pathOfWay(this.ways[root]), path);
  }

  private labelOf({ root, path }: OfferedEntry): string {
    return joined(this.ways[root].label, path);
  }
}

/** A way as a path. */
export function pathOfWay({ from, names }: Way): string {
  return joined(from, names.join("/"));
}

function joined(base: string, path: string): string {
  if (path === "") return base;
  return base.endsWith("/") ? base + path : `${base}/${path}`;
}
