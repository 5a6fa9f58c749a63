import { partName, partsAmong } from "../rotate/parts.ts";

/** A directory with a log's parts, which may be being renamed. */
export interface PartsDirectory<Piece> {
  names(): string[];
  /** @returns `missing` if the name does not exist, undefined if it cannot be read */
  open(name: string): Piece | "missing" | undefined;
  close(piece: Piece): void;
}

interface Inode {
  readonly inode: string;
}

/**
 * Opens a log's parts while they are being renamed. To make room each moves up one number, the oldest first; so a scan
 * from 1 upwards may meet one twice, but misses none; the order in which they are last met is their order.
 * @param log the log itself: it may have become a part since it was opened
 * @param copy the name of the copy that counts as the newest part
 * @param known parts opened by an earlier call, oldest first; those no longer parts are closed
 * @returns the oldest first
 */
export function openParts<Piece extends Inode>(
  directory: PartsDirectory<Piece>,
  log: { readonly name: string; readonly inode?: string },
  copy?: string,
  known: readonly Piece[] = [],
): Piece[] {
  const scan = new Scan(directory, log, known);
  if (copy !== undefined) scan.visit(copy);
  for (let number = 0; scan.met < 0;) {
    number++;
    if (scan.visit(partName(log.name, number))) continue;
    const next = scan.nextNumber(number - 1);
    if (next === undefined) break;
    scan.visit(partName(log.name, next));
    number = next;
  }
  known.slice(scan.met + 1).forEach((piece) => directory.close(piece));
  return [...known.slice(0, scan.met + 1), ...scan.found.toReversed()];
}

class Scan<Piece extends Inode> {
  /** Newest first. */
  readonly found: Piece[] = [];
  /** Which of the known ones was met: those before it are older, and need no check. */
  met = -1;

  constructor(
    private readonly directory: PartsDirectory<Piece>,
    private readonly log: { readonly name: string; readonly inode?: string },
    private readonly known: readonly Piece[],
  ) {}

  /** @returns whether the name exists */
  visit(name: string): boolean {
    const piece = this.directory.open(name);
    if (piece === "missing") return false;
    if (piece === undefined) return true;
    const isSame = ({ inode }: Inode) => inode === piece.inode;
    this.met = this.known.findIndex(isSame);
    if (piece.inode === this.log.inode) {
      // Everything found so far is newer than the file opened as the log.
      for (const one of [...this.found.splice(0), piece]) this.directory.close(one);
    } else if (this.met >= 0) this.directory.close(piece);
    else {
      // Met again, it has overtaken this scan: what was found since then may be newer.
      const before = this.found.findIndex(isSame);
      if (before >= 0) this.found.splice(before, 1).forEach((one) => this.directory.close(one));
      this.found.push(piece);
    }
    return true;
  }

  /**
   * The next higher number. A directory list read in several pieces may miss a file being renamed, so it is not used to
   * skip numbers.
   */
  nextNumber(above: number): number | undefined {
    const look = () =>
      partsAmong(this.directory.names(), this.log.name).findLast((number) => number > above);
    return look() ?? look();
  }
}
