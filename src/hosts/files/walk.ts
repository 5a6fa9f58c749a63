// Walks paths in trees that others can write to: name by name, each in an open directory; links of other users are not
// followed, as the kernel does in sticky directories (fs.protected_symlinks).
import { ENOENT, ENOTDIR, O_PATH } from "../../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../../libc/machine.ts";
import { ImpError } from "../../base/errors.ts";
import { textFromBytes } from "../../base/byte_text.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { makeDirectoryIn } from "../../libc/descriptors/file_names.ts";
import { closeFile, tryOpen } from "../../libc/descriptors/files.ts";
import { statFd } from "../../libc/descriptors/stat.ts";
import { readLinkOf } from "../../libc/users/path_walk.ts";

/** As in the kernel, MAXSYMLINKS. */
const MOST_LINKS = 40;
const ENTRY = O_PATH | O_NOFOLLOW;
const DIRECTORY = ENTRY | O_DIRECTORY;

/** The start and course of a walk. */
export interface Way {
  /** A directory: `/`, `.`, or another trusted path. */
  readonly from: string;
  readonly names: readonly string[];
  /** Its name in errors. */
  readonly label: string;
}

/** A name in an open directory, which the caller closes; `.` for the directory itself. */
export interface Spot {
  readonly directory: number;
  readonly name: string;
}

/**
 * The directory at the end of a way.
 * @param action its purpose, in errors
 * @param made gets how many of the names lead to a directory that was missing and has been created; without it none is
 *   created
 * @returns a descriptor that only names it, O_PATH; the caller closes it. @throws ImpError
 */
export function openDirectoryAt(way: Way, action: string, made?: (names: number) => void): number {
  return walk(way, action, (walker) => {
    way.names.forEach((name, i) => {
      if (walker.enter(name)) return;
      if (!made) throw systemError(ENOENT, action, way.label);
      const code = makeDirectoryIn(walker.directory, name, 0o777);
      if (code === 0) made(i + 1);
      // Somebody else may have created it meanwhile.
      if (!walker.enter(name)) walker.must(code || -ENOENT);
    });
    return walker.directory;
  });
}

/** What a way leads to, following a link as its last name too; it need not exist. @throws ImpError */
export function findSpot(way: Way, action: string): Spot {
  return walk(way, action, (walker) => {
    const names = [...way.names];
    for (;;) {
      const name = names.shift() ?? ".";
      if (names.length > 0) {
        walker.must(walker.enter(name) ? 0 : -ENOENT);
        continue;
      }
      const target = walker.linkTarget(name);
      if (target === undefined) return { directory: walker.directory, name };
      if (target.startsWith("/")) walker.goTo("/");
      names.push(...target.split("/").filter((one) => one !== ""));
    }
  });
}

/** A directory below an open one, by names that are not links. @returns a descriptor, or -errno */
export function descendStrictly(from: number, names: readonly string[]): number {
  let directory = tryOpen(".", DIRECTORY, 0, from);
  for (const name of names) {
    if (directory < 0) break;
    const next = tryOpen(name, DIRECTORY, 0, directory);
    closeFile(directory);
    directory = next;
  }
  return directory;
}

function walk<T>(way: Way, action: string, go: (walker: Walker) => T): T {
  const walker = new Walker(way, action);
  try {
    return go(walker);
  } catch (error) {
    walker.close();
    throw error;
  }
}

class Walker {
  /** Its current directory. */
  directory = -1;
  private links = 0;

  constructor(private readonly way: Way, private readonly action: string) {
    this.goTo(way.from);
  }

  goTo(path: string): void {
    this.close();
    this.directory = this.must(tryOpen(path, O_PATH | O_DIRECTORY));
  }

  /** Enters a directory, following links. @returns false if the name does not exist */
  enter(name: string): boolean {
    const next = tryOpen(name, DIRECTORY, 0, this.directory);
    if (next === -ENOENT) return false;
    if (next >= 0) {
      closeFile(this.directory);
      this.directory = next;
      return true;
    }
    const target = next === -ENOTDIR ? this.linkTarget(name) : undefined;
    if (target === undefined) this.must(next);
    else this.follow(target);
    return true;
  }

  /** A link's target; undefined if it is not a link, or missing. @throws ImpError for one that is not followed */
  linkTarget(name: string): string | undefined {
    const fd = tryOpen(name, ENTRY, 0, this.directory);
    if (fd < 0) return undefined;
    try {
      const { kind, uid } = statFd(fd);
      if (kind !== "link") return undefined;
      if (uid !== 0 && uid !== libc("geteuid").geteuid()) {
        const why = `'${name}' is a symbolic link of user ${uid}, which imp does not follow`;
        throw this.error("EACCES", why);
      }
      if (++this.links > MOST_LINKS) throw this.error("ELOOP", "too many symbolic links");
      const target = readLinkOf(fd);
      if (typeof target !== "number") return textFromBytes(target);
      throw systemError(-target, this.action, this.way.label);
    } finally {
      closeFile(fd);
    }
  }

  must(code: number): number {
    if (code < 0) throw systemError(-code, this.action, this.way.label);
    return code;
  }

  close(): void {
    if (this.directory >= 0) closeFile(this.directory);
    this.directory = -1;
  }

  private follow(target: string): void {
    if (target.startsWith("/")) this.goTo("/");
    for (const name of target.split("/")) {
      if (name !== "" && name !== ".") this.must(this.enter(name) ? 0 : -ENOENT);
    }
  }

  private error(errno: string, why: string): ImpError {
    return new ImpError({ action: this.action, object: this.way.label, errno, why });
  }
}

/** The text of a link; undefined if there is none. */
export function readLinkAt({ directory, name }: Spot): string | undefined {
  const fd = tryOpen(name, O_PATH | O_NOFOLLOW, 0, directory);
  if (fd < 0) return undefined;
  const target = readLinkOf(fd);
  closeFile(fd);
  return typeof target === "number" ? undefined : textFromBytes(target);
}
