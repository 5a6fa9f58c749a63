// Reads hundreds of small files in a command that ends before any code is compiled. All paths are encoded together and
// many contents decoded together; only system calls are made per file.
import { PATH_MAX } from "../abi_files.ts";
import { O_CLOEXEC, O_PATH, O_RDONLY } from "../abi.ts";
import { O_DIRECTORY } from "../machine.ts";
import { libc } from "../calling/load.ts";
import { allocate, cString, scratch } from "../calling/memory.ts";
import { closeFile, readRecord, tryOpen } from "./files.ts";

const c = libc("openat", "read", "close", "readlinkat");
const BYTES = 1 << 16;
/** Larger files are read one by one. */
const MOST = 1 << 14;

/**
 * Reads files below a directory.
 * @param paths relative to the directory, ASCII only
 * @returns for each path the text of its file, or -errno
 */
export function readTexts(
  directory: string,
  paths: readonly string[],
  flags = O_RDONLY,
): (string | number)[] {
  const decoder = new TextDecoder();
  const alone = (path: string) => {
    const bytes = readRecord(`${directory}/${path}`, flags);
    return typeof bytes === "number" ? bytes : decoder.decode(bytes);
  };
  return below(directory, paths, (at, first) => {
    const { address, bytes } = allocate(BYTES);
    const found: (string | number)[] = new Array(paths.length).fill("");
    let name = first, used = 0;
    let waiting: number[] = [];
    const take = () => {
      const texts = decoder.decode(bytes.subarray(0, used)).split("\0");
      // A NUL ends each text, including the last. A text that contains one makes the count wrong.
      const isWhole = texts.length === waiting.length + 1;
      waiting.forEach((i, n) => found[i] = isWhole ? texts[n] : alone(paths[i]));
      waiting = [];
      used = 0;
    };
    for (let i = 0; i < paths.length; i++) {
      const fd = c.openat(at, name, flags | O_CLOEXEC, 0);
      const length = fd < 0 ? -1 : c.read(fd, address + used, MOST);
      if (fd >= 0) c.close(fd);
      name += paths[i].length + 1;
      if (length < 0 || length === MOST) {
        found[i] = alone(paths[i]);
        continue;
      }
      used += length;
      bytes[used++] = 0;
      waiting.push(i);
      if (used > BYTES - MOST - 1) take();
    }
    take();
    return found;
  }) ?? paths.map(alone);
}

/** The last byte of each link's target; -1 if it cannot be read. @param paths as in {@link readTexts} */
export function lastBytesOfLinks(directory: string, paths: readonly string[]): number[] {
  return below(directory, paths, (at, first) => {
    const { address, bytes } = allocate(PATH_MAX);
    let name = first;
    return paths.map((path) => {
      const length = c.readlinkat(at, name, address, PATH_MAX);
      name += path.length + 1;
      return length > 0 ? bytes[length - 1] : -1;
    });
  }) ?? paths.map(() => -1);
}

/**
 * @param use gets a descriptor of the directory and the address of the first path; each path follows the NUL of the
 * previous one
 */
function below<T>(
  directory: string,
  paths: readonly string[],
  use: (at: number, first: number) => T,
): T | undefined {
  if (paths.length === 0) return undefined;
  const at = tryOpen(directory, O_PATH | O_DIRECTORY);
  if (at < 0) return undefined;
  try {
    return scratch(() => use(at, cString(paths.join("\0"))));
  } finally {
    closeFile(at);
  }
}
