import { O_NOCTTY, O_NONBLOCK, O_RDONLY } from "../../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../../libc/machine.ts";
import { textFromBytes } from "../../base/byte_text.ts";
import { ImpError } from "../../base/errors.ts";
import { errnoName, systemError } from "../../libc/calling/errno.ts";
import { closeFile, tryOpen } from "../../libc/descriptors/files.ts";
import { readAt } from "../../libc/descriptors/spool.ts";
import { listNames, statAt, statFd } from "../../libc/descriptors/stat.ts";
import { factsOf, isAsBefore } from "./facts.ts";
import type { EntryFacts } from "./messages.ts";
import type { Found, OpenEntry } from "./sender.ts";
import { type Trouble, troubleOf } from "./trouble.ts";
import { findSpot, readLinkAt, type Spot, type Way } from "./walk.ts";

const READ = "read";
/** The size of one read(2). */
const CHUNK = 1 << 16;
/** A FIFO without a writer would block, and a terminal would become ours. */
const FILE = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

/**
 * Walks through trees: a file, or a directory with everything in it, entry by entry. Links are followed on the way to a
 * tree; those in it are sent as links. What is removed meanwhile counts as never there.
 */
export function* walkTrees(ways: readonly Way[]): Generator<Found, void> {
  for (let root = 0; root < ways.length; root++) {
    let spot: Spot;
    try {
      spot = findSpot(ways[root], READ);
    } catch (error) {
      yield { found: "trouble", root, trouble: troubleOf(error) };
      continue;
    }
    try {
      yield* walkEntry(root, spot, "", ways[root].label);
    } finally {
      closeFile(spot.directory);
    }
  }
}

function* walkEntry(root: number, spot: Spot, path: string, label: string): Generator<Found, void> {
  const { directory, name } = spot;
  const status = statAt(directory, name);
  if (typeof status === "string") {
    // It was in the directory a moment ago.
    if (path !== "" && status === "ENOENT") return;
    const trouble = troubleOf(systemError(status, READ, label));
    return yield { found: "trouble", root, trouble };
  }
  const facts = factsOf(status);
  if (!facts) return yield { found: "trouble", root, trouble: cannotTravel(label, status.kind) };
  const entry = { found: "entry", root, path, facts, target: "" } as const;
  if (facts.kind === "link") {
    const target = readLinkAt(spot);
    if (target !== undefined) yield { ...entry, target };
    return;
  }
  const flags = facts.kind === "file" ? FILE : FILE | O_DIRECTORY;
  const fd = tryOpen(name, flags, 0, directory);
  if (fd < 0) {
    if (path !== "" && errnoName(-fd) === "ENOENT") return;
    const trouble = troubleOf(systemError(-fd, READ, label));
    return yield { found: "trouble", root, trouble };
  }
  if (facts.kind === "file") {
    const file = new OpenFileEntry(fd, label);
    return yield { ...entry, facts: file.rewind(), file };
  }
  try {
    yield entry;
    yield* walkDirectory(root, fd, path, label);
  } finally {
    closeFile(fd);
  }
}

function* walkDirectory(root: number, fd: number, path: string, label: string): Generator<Found> {
  const names = listNames(fd);
  if (typeof names === "string") {
    const trouble = troubleOf(systemError(names, READ, label));
    return yield { found: "trouble", root, trouble };
  }
  for (const bytes of names) {
    const name = textFromBytes(bytes);
    const below = path === "" ? name : `${path}/${name}`;
    yield* walkEntry(root, { directory: fd, name }, below, `${label}/${name}`);
  }
}

const WORDS: Record<string, string> = {
  fifo: "a FIFO",
  socket: "a socket",
  char: "a device",
  block: "a device",
};

function cannotTravel(label: string, kind: string): Trouble {
  const why = `it is ${
    WORDS[kind] ?? "nothing that imp knows"
  }: only files, directories and links travel`;
  return troubleOf(new ImpError({ action: READ, object: label, errno: "EINVAL", why }));
}

/** Reads by position, so that it can start over. */
class OpenFileEntry implements OpenEntry {
  private position = 0;
  private facts: EntryFacts | undefined;

  constructor(private fd: number, readonly name: string) {}

  rewind(): EntryFacts {
    this.position = 0;
    this.facts = this.now();
    return this.facts;
  }

  /**
   * Valid until the next read of any file. Does not read what was added since: a log may grow as fast as it is read.
   */
  read(): Uint8Array {
    const left = this.facts!.size - this.position;
    if (left <= 0) return NOTHING;
    const bytes = readAt(this.fd, this.position, Math.min(left, CHUNK));
    if (typeof bytes === "number") throw systemError(-bytes, READ, this.name);
    this.position += bytes.length;
    return bytes;
  }

  isUnchanged(): boolean {
    return this.position === this.facts!.size && isAsBefore(this.facts!, this.now());
  }

  close(): void {
    if (this.fd >= 0) closeFile(this.fd);
    this.fd = -1;
  }

  private now(): EntryFacts {
    const facts = factsOf(statFd(this.fd));
    if (facts) return facts;
    throw new ImpError({ action: READ, object: this.name, why: "it is no longer a file" });
  }
}

const NOTHING = new Uint8Array(0);
