import { EINVAL, O_CREAT, O_EXCL, O_WRONLY } from "../../libc/abi.ts";
import { O_NOFOLLOW } from "../../libc/machine.ts";
import { errnoNumber, systemError } from "../../libc/calling/errno.ts";
import { collapseHead, syncFile, writeAt } from "../../libc/descriptors/cut_file.ts";
import { removeIn } from "../../libc/descriptors/file_names.ts";
import { closeFile, tryOpen } from "../../libc/descriptors/files.ts";
import { readAt, transfer } from "../../libc/descriptors/spool.ts";
import { statFd } from "../../libc/descriptors/stat.ts";
import { beginningOf, type BegunCut, type LogBook, skipOf } from "../book.ts";
import { isMarked, MARK_BYTES, newMark } from "./cut_mark.ts";
import { planCut } from "./cut_plan.ts";
import { cutName } from "./parts.ts";
import { becomePart, besides, bytesOfLog, likeLog, type RotatedFile } from "./rotated_file.ts";

/** How a log is cut. */
export interface CutRule {
  /** The size at which it is cut; about the length of a part. */
  readonly most: number;
  readonly keep: number;
  readonly unit: number;
  /** The length of a smaller part, if there is no room for more; `most` by default. */
  readonly piece?: number;
  /** What is cut off is dropped: there is no room for a part. */
  readonly drop?: boolean;
}

/** Where the log's book is kept. */
export interface BookKeeper {
  read(): LogBook | undefined;
  /** @throws ImpError */
  write(book: LogBook): void;
}

const COPY_AT_ONCE = 1 << 20;

/** A file's book, or a new one if the old one describes another file, or one that was emptied since. */
export function bookOf({ fd, status }: RotatedFile, old: LogBook | undefined): LogBook {
  const inode = String(status.inode);
  if (old?.inode !== inode) {
    return { schema: 1, inode, base: old ? old.base + old.skip : 0, skip: 0, skipped: "" };
  }
  const marked = old.cut !== undefined && isMarked(fd, old.cut);
  const done = old.cut?.step === "marked" && !marked;
  // In the middle of a cut other bytes are there.
  return marked || done || skipOf(fd, old) === old.skip ? old : { ...old, skip: 0, skipped: "" };
}

/**
 * Cuts a log once, if it is long enough: its first whole blocks are copied into a part and removed from it, while the
 * program keeps appending. A kill at any moment neither loses nor duplicates a byte: the next call continues.
 * @returns whether it was cut
 * @throws ImpError (ENOSPC: nothing was cut)
 */
export function cutLog(log: RotatedFile, rule: CutRule, keeper: BookKeeper): boolean {
  let book = bookOf(log, keeper.read());
  if (book.cut) book = finishCut(log, rule.keep, book, keeper);
  const { size } = statFd(log.fd);
  if (size < book.skip + rule.most) return false;
  const read = (position: number, count: number) => bytesOfLog(log, position, count);
  const { limit, kept } = pieceOf(size, rule);
  const plan = planCut({ size, skip: book.skip, unit: rule.unit, limit }, read);
  if (plan === undefined) return false;
  if (kept) copyHead(log, book.skip, plan.end);
  const cut: BegunCut = { mark: newMark(), ...plan, kept, step: "copied" };
  keeper.write({ ...book, cut });
  finishCut(log, rule.keep, { ...book, cut }, keeper);
  return true;
}

/**
 * What to cut at a time. Of a file that is far too long only what is to be kept is copied: there may be no room for
 * more.
 */
function pieceOf(
  size: number,
  { most, keep, piece = most, drop = false }: CutRule,
): { limit: number; kept: boolean } {
  const wanted = (keep + 1) * most;
  if (size > wanted + most) return { limit: size - wanted, kept: false };
  // Slightly more than a part becomes one: the check came a little late.
  return { limit: size < 1.5 * piece ? size : piece, kept: keep > 0 && !drop };
}

/** Copies what is cut off into a file beside the log. @throws ImpError; then the copy is removed */
function copyHead(log: RotatedFile, from: number, end: number): void {
  const name = cutName(log.name);
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  const fd = log.act(() => {
    removeIn(log.directory, name);
    return tryOpen(name, flags, 0o600, log.directory);
  });
  if (fd < 0) throw systemError(-fd, "create", `${log.path}.cut`);
  try {
    likeLog(fd, log);
    for (let at = from; at < end;) {
      const n = transfer(fd, log.fd, at, Math.min(COPY_AT_ONCE, end - at));
      if (n <= 0) throw systemError(n < 0 ? -n : EINVAL, "copy a part of", log.path);
      at += n;
    }
    // The cut is in the file system's journal at once: the copy must not reach the disk after it.
    const code = syncFile(fd);
    if (code < 0) throw systemError(-code, "copy a part of", log.path);
  } catch (error) {
    log.act(() => removeIn(log.directory, name));
    throw error;
  } finally {
    closeFile(fd);
  }
}

/** Continues an unfinished cut from its current step. */
function finishCut(log: RotatedFile, keep: number, begun: LogBook, keeper: BookKeeper): LogBook {
  let book = begun;
  for (;;) {
    const next = nextStep(log, keep, book);
    keeper.write(next);
    if (next.cut === undefined) return next;
    book = next;
  }
}

function nextStep(log: RotatedFile, keep: number, { cut, ...book }: LogBook): LogBook {
  if (cut === undefined) return book;
  const copy = cut.kept && besides(log, cutName(log.name)) !== undefined;
  switch (cut.step) {
    case "copied":
      // Somebody has removed the copy, or emptied the log.
      if (!isMarked(log.fd, cut) && (copy !== cut.kept || statFd(log.fd).size < cut.end)) {
        return book;
      }
      writeMark(log, cut);
      return { ...book, cut: { ...cut, step: "marked" } };
    case "marked":
      if (isMarked(log.fd, cut) && !collapse(log, cut, book.skip)) return book;
      return {
        ...book,
        base: book.base + cut.bytes,
        skip: cut.end - cut.bytes,
        skipped: beginningOf(log.fd, cut.end - cut.bytes),
        cut: { ...cut, step: "cut" },
      };
    case "cut":
      if (copy) becomePart(log, cutName(log.name), keep);
      return book;
  }
}

/** Over bytes that are in the copy. */
function writeMark({ fd, path }: RotatedFile, { mark }: BegunCut): void {
  const n = writeAt(fd, 0, new TextEncoder().encode(mark));
  if (n !== MARK_BYTES) throw systemError(n < 0 ? -n : errnoNumber("EIO"), "mark", path);
}

/** @returns false if the file cannot be cut any more: then what the mark covered is restored */
function collapse(log: RotatedFile, cut: BegunCut, skip: number): boolean {
  const code = collapseHead(log.fd, cut.bytes);
  if (code === 0) return true;
  if (cut.kept) restore(log, skip);
  if (code === -EINVAL) return false;
  throw systemError(-code, "cut", log.path);
}

function restore(log: RotatedFile, skip: number): void {
  const copy = log.act(() => tryOpen(cutName(log.name), O_NOFOLLOW, 0, log.directory));
  if (copy < 0) return;
  const bytes = readAt(copy, 0, Math.max(0, MARK_BYTES - skip));
  if (typeof bytes !== "number") writeAt(log.fd, skip, bytes.slice());
  closeFile(copy);
}
