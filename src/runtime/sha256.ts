import type { Sha256 } from "./types.ts";

/** What is needed from node:crypto, the same in both runtimes. */
interface NodeCrypto {
  createHash(name: "sha256"): { update(bytes: Uint8Array): unknown; digest(as: "hex"): string };
}

/** Loaded on demand: most commands have nothing to hash. */
export function sha256(): Sha256 {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: "node:crypto"): NodeCrypto };
  };
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest("hex") };
}
