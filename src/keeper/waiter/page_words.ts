import { O_RDONLY } from "../../libc/abi.ts";
import { closeFile, readSome, tryOpen } from "../../libc/descriptors/files.ts";
import { PAGE, PAGE_MAGIC, PAGE_VERSION, WAITER_FD } from "./page_layout.ts";

/** A few words of the waiters' page for mere observers, without the code that maps and writes it (keeper_page.ts). */
export interface PageWords {
  /** 0: none. */
  readonly program: number;
  /** How many turns in a row have failed. */
  readonly failures: number;
  /** What a turn could not write to the disk. */
  readonly text?: string;
}

/** Undefined if there is no such waiter, or it may not be examined. */
export function readPageWords(waiter: number): PageWords | undefined {
  const fd = tryOpen(`/proc/${waiter}/fd/${WAITER_FD.page}`, O_RDONLY);
  if (fd < 0) return undefined;
  const bytes = readSome(fd);
  closeFile(fd);
  if (typeof bytes === "number" || bytes.length !== PAGE.bytes) return undefined;
  const words = new Int32Array(bytes.buffer, 0, PAGE.bytes / 4);
  if (words[PAGE.magic / 4] !== PAGE_MAGIC || words[PAGE.version / 4] !== PAGE_VERSION) {
    return undefined;
  }
  const length = words[PAGE.textLength / 4];
  const text = length > 0 && length <= PAGE.bytes - PAGE.text
    ? new TextDecoder().decode(bytes.subarray(PAGE.text, PAGE.text + length))
    : undefined;
  return { program: words[PAGE.program / 4], failures: words[PAGE.failures / 4], text };
}
