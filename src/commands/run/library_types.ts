import { readFile } from "../../libc/descriptors/files.ts";
import { VERSION } from "../../version.ts";

/** scripts/build.ts puts it before the file that this becomes a part of. */
declare const IMP_TYPES: string | undefined;

/** How the file begins, by which imp knows its own. */
export const TYPES_MARK = "// Types of imp:multiprocessing,";

/** The library as an ambient module for editors and compilers: docs/imp.d.ts, inside the executable or in the clone. */
export function libraryTypes(): string {
  const text = typeof IMP_TYPES === "undefined" ? typesOfClone() : IMP_TYPES;
  return `${TYPES_MARK} as imp ${VERSION} has it. Made by 'imp run --types'.\n${text}`;
}

function typesOfClone(): string {
  const { pathname } = new URL("../../../docs/imp.d.ts", import.meta.url);
  return new TextDecoder().decode(readFile(decodeURIComponent(pathname)));
}
