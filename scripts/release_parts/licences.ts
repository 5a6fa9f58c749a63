import type { PackageFacts } from "./facts.ts";

/** THIRD-PARTY.txt: third-party software inside an executable, and its licences. */
export function thirdParty(bun: string, packages: readonly PackageFacts[]): string {
  const parts = [
    `The executable of imp is the runtime Bun ${bun} with imp's program in it. imp's own licence is in LICENSE.\n\n` +
    `Bun is licensed under the MIT licence. It is linked statically with JavaScriptCore and WebKit (LGPL 2.1 and BSD), and\n` +
    `with libraries under licences of their own (BoringSSL, libarchive, lol-html, mimalloc, picohttpparser, zstd, simdutf,\n` +
    `c-ares, libdeflate, uWebSockets, zlib and others). Its source, with all of them, and their terms:\n` +
    `https://github.com/oven-sh/bun, tag bun-v${bun}, file LICENSE.md. scripts/build fetches Bun as the registry has it and\n` +
    `changes some instructions and strings of it in place (docs/architecture.md of imp); whoever wants to link it with\n` +
    `another JavaScriptCore builds Bun from that source and imp with the result.\n`,
    ...packages.map(({ name, version, licence, licenceText }) =>
      `${name} ${version}: ${licence}\n\n` +
      (licenceText ?? `The package has no text of it; https://www.npmjs.com/package/${name}\n`)
    ),
  ];
  return parts.map((part) => part.trimEnd()).join(`\n\n${"-".repeat(72)}\n\n`) + "\n";
}
