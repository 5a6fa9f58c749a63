import { UsageError } from "../../base/errors.ts";
import { bytesOf } from "../bytes.ts";

/** Where items come from. */
export type SourceSpec =
  & (
    | { readonly from: "words"; readonly words: readonly Uint8Array[] }
    | { readonly from: "file"; readonly path: Uint8Array }
    | { readonly from: "stdin" }
  )
  & {
    /** Paired with the previous source, as far as the shorter one reaches; `:::+`. Otherwise crossed. */
    readonly linked: boolean;
  };

const MARKERS: Record<string, { readonly files: boolean; readonly linked: boolean }> = {
  ":::": { files: false, linked: false },
  ":::+": { files: false, linked: true },
  "::::": { files: true, linked: false },
  "::::+": { files: true, linked: true },
};
const STDIN = "-";

/**
 * Separates the command from its sources: `PROGRAM ARG ::: a b :::+ c d :::: FILE`.
 * @throws UsageError if nothing follows a marker, or nothing precedes `:::+`
 */
export function parseSources(
  words: readonly Uint8Array[],
): { readonly command: readonly Uint8Array[]; readonly sources: readonly SourceSpec[] } {
  const starts = words.flatMap((word, i) => markerOf(word) === undefined ? [] : [i]);
  const command = words.slice(0, starts[0] ?? words.length);
  const sources = starts.flatMap((start, i) => {
    const marker = markerOf(words[start])!;
    const own = words.slice(start + 1, starts[i + 1] ?? words.length);
    if (i === 0 && MARKERS[marker].linked) {
      throw new UsageError(
        `${marker} links items to those of a source before it, and there is none`,
      );
    }
    return sourcesAt(marker, own);
  });
  return { command, sources };
}

/** The sources for one or more `-a FILE`. @param link `--link` */
export function fileSources(paths: readonly Uint8Array[], link: boolean): SourceSpec[] {
  return paths.map((path, i) => fileSource(path, link && i > 0));
}

function sourcesAt(marker: string, words: readonly Uint8Array[]): SourceSpec[] {
  const { files, linked } = MARKERS[marker];
  if (!files) return [{ from: "words", words, linked }];
  if (words.length === 0) throw new UsageError(`${marker} names no file`);
  return words.map((path, i) => fileSource(path, linked && i === 0));
}

function fileSource(path: Uint8Array, linked: boolean): SourceSpec {
  const stdin = path.length === 1 && path[0] === bytesOf(STDIN)[0];
  return stdin ? { from: "stdin", linked } : { from: "file", path, linked };
}

function markerOf(word: Uint8Array): string | undefined {
  if (word.length < 3 || word.length > 5) return undefined;
  const text = String.fromCharCode(...word);
  return Object.hasOwn(MARKERS, text) ? text : undefined;
}
