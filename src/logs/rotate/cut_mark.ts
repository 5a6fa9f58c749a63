import { readAt } from "../../libc/descriptors/spool.ts";
import type { BegunCut } from "../book.ts";

/** The size of the mark written over a log's first bytes right before the cut. */
export const MARK_BYTES = 32;

export function newMark(): string {
  const random = crypto.getRandomValues(new Uint8Array(12));
  const hex = [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `imp-cut ${hex}`;
}

/** Whether the mark is at the beginning of the file: then it was not cut yet. */
export function isMarked(fd: number, { mark }: BegunCut): boolean {
  const bytes = readAt(fd, 0, MARK_BYTES);
  return typeof bytes !== "number" && new TextDecoder().decode(bytes) === mark;
}
