import { readFile } from "../../libc/descriptors/files.ts";
import { VERSION } from "../../version.ts";

/** scripts/build.ts defines it in the bundle. */
declare const IMP_TYPES: string | undefined;

/** The first words of the file, by which imp recognizes its own. */
export const TYPES_MARK = "// Types of imp:multiprocessing,";

/** The library as an ambient module for editors and compilers: docs/imp.d.ts, from the executable or the clone. */
export function libraryTypes(): string {
  const text = typeof IMP_TYPES === "undefined" ? typesOfClone() : IMP_TYPES;
  return `${TYPES_MARK} as imp ${VERSION} has it. Made by 'imp run --types'.\n${text}`;
}

function typesOfClone(): string {
  const { pathname } = new URL("../../../docs/imp.d.ts", import.meta.url);
  return new TextDecoder().decode(readFile(decodeURIComponent(pathname)));
}
