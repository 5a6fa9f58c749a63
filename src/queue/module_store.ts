// Modules of `imp pool --call` in the stream of runs, by their hash: in parts that fit messages, each the last of its
// subject.
import { runtime } from "../runtime/mod.ts";
import { concat } from "../pool/bytes.ts";
import type { QueueSubjects, StreamNames } from "./names.ts";
import type { StreamCalls } from "./stream_calls.ts";

/** Identifies a module to fetch. */
export interface StoredModule {
  /** SHA-256 in hexadecimal digits. */
  readonly digest: string;
  readonly parts: number;
}

/** SHA-256 in hexadecimal digits. */
export function digestOf(bytes: Uint8Array): string {
  const sha = runtime.sha256();
  sha.update(bytes);
  return sha.hex();
}

/** Every worker of a run keeps it in memory. */
const MOST_MODULE = 8 << 20;
/** It is read by requests whose answers are text. */
const PART_BYTES = 256 << 10;
const DIGEST = /^[0-9a-f]{64}$/;
const MOST_PARTS = 4096;

/** Read from a run's record; undefined: it names none. */
export function storedModuleIn(value: unknown): StoredModule | undefined {
  const { digest, parts } = (value ?? {}) as Record<string, unknown>;
  if (typeof digest !== "string" || !DIGEST.test(digest)) return undefined;
  const isCount = Number.isInteger(parts) && (parts as number) >= 1 &&
    (parts as number) <= MOST_PARTS;
  return isCount ? { digest, parts: parts as number } : undefined;
}

/**
 * Stores a module in the queue; if it exists already, it is kept longer.
 * @param room bytes that a message may carry
 */
export async function storeModule(
  calls: StreamCalls,
  subjects: QueueSubjects,
  bytes: Uint8Array,
  room: number,
): Promise<StoredModule> {
  const digest = digestOf(bytes);
  const size = Math.min(PART_BYTES, room >> 1);
  const parts = Math.max(1, Math.ceil(bytes.length / size));
  for (let part = 0; part < parts; part++) {
    const data = bytes.subarray(part * size, (part + 1) * size);
    const subject = subjects.module(digest, part);
    const id = `module.${digest}.${part}.${size}`;
    await new Promise<void>((resolve) => calls.keep({ subject, data, id }, () => resolve()));
  }
  return { digest, parts };
}

/** @returns undefined if a part is missing; complete data must still be verified by its hash */
export async function fetchModule(
  calls: StreamCalls,
  subjects: QueueSubjects,
  { runs }: StreamNames,
  { digest, parts }: StoredModule,
): Promise<Uint8Array | undefined> {
  const found: Uint8Array[] = [];
  let size = 0;
  for (let part = 0; part < parts; part++) {
    const data = await new Promise<Uint8Array | undefined>((resolve) =>
      calls.lastForSure(runs, subjects.module(digest, part), resolve)
    );
    size += data?.length ?? 0;
    if (!data || size > MOST_MODULE) return undefined;
    found.push(data);
  }
  return concat(found);
}
