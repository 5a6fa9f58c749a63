// A log on a real file system, and its cutter, killed at any step.
import { readBook, writeBook } from "../../src/logs/book.ts";
import { type BookKeeper, cutLog, type CutRule } from "../../src/logs/rotate/cut.ts";
import { closeRotated, openForRotation } from "../../src/logs/rotate/rotated_file.ts";
import { probeUnit } from "../../src/logs/write/probe.ts";
import { skip } from "../skip.ts";

export class Killed extends Error {}

export interface Scene {
  readonly directory: string;
  readonly path: string;
  readonly rule: CutRule;
  /** Cuts as long as there is something to cut; dies before the given write of the book. */
  cut(dieBefore?: number): void;
  append(text: string): void;
  /** The parts, the oldest first, then the file without what part 1 already has. */
  read(): string[];
}

export function scene(name: string, rule: Partial<CutRule>, body: (scene: Scene) => void): void {
  Deno.test(name, () => {
    const directory = Deno.makeTempDirSync({ prefix: "imp-cut-" });
    const path = `${directory}/web.log`;
    Deno.writeTextFileSync(path, "");
    try {
      const opened = openForRotation(path, {}, false)!;
      const unit = probeUnit(opened.directory);
      closeRotated(opened);
      if (unit === 0) return skip(name, "this file system cannot cut files");
      const all = { most: 3 * unit, keep: 100, unit, ...rule };
      body({
        directory,
        path,
        rule: all,
        cut(dieBefore = Infinity) {
          let writes = 0;
          const keeper: BookKeeper = {
            read: () => readBook(directory, "stdout"),
            write: (next) => {
              if (++writes >= dieBefore) throw new Killed();
              writeBook(directory, "stdout", next);
            },
          };
          const log = openForRotation(path, {}, false)!;
          try {
            while (cutLog(log, all, keeper));
          } finally {
            closeRotated(log);
          }
        },
        append: (text) => Deno.writeTextFileSync(path, text, { append: true }),
        read() {
          const numbers = [...Deno.readDirSync(directory)].flatMap(({ name }) =>
            /^web\.log\.\d+$/.test(name) ? [Number(name.slice(8))] : []
          );
          const parts = numbers.sort((a, b) => b - a).map((n) =>
            Deno.readTextFileSync(`${path}.${n}`)
          );
          return [
            ...parts,
            Deno.readTextFileSync(path).slice(readBook(directory, "stdout")?.skip ?? 0),
          ];
        },
      });
    } finally {
      Deno.removeSync(directory, { recursive: true });
    }
  });
}

export function lines(from: number, to: number): string {
  let text = "";
  for (let n = from; n < to; n++) text += `line ${n} ${"x".repeat(n % 90)}\n`;
  return text;
}
