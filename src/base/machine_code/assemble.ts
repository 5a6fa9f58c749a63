/** Lays out machine code: instructions are bytes already, only references to labels remain to be resolved. */

/** Literal bytes, a label, or bytes that depend on their own and a label's address. */
export type CodeItem = number[] | { label: string } | Reference;

export interface Reference {
  size: number;
  to: string;
  /** @param from the address of the bytes, @param to that of the label */
  encode: (from: number, to: number) => number[];
}

export interface MachineCode {
  bytes: Uint8Array;
  /** Where each label lies in memory. */
  labels: Map<string, number>;
}

/**
 * @param known labels defined elsewhere
 * @throws Error if a label is undefined, or defined twice
 */
export function assemble(
  items: readonly CodeItem[],
  address: number,
  known: Record<string, number> = {},
): MachineCode {
  const labels = new Map(Object.entries(known));
  let at = address;
  for (const item of items) {
    if ("label" in item) {
      if (labels.has(item.label)) throw new Error(`label ${item.label} is defined twice`);
      labels.set(item.label, at);
    } else at += Array.isArray(item) ? item.length : item.size;
  }
  const bytes: number[] = [];
  for (const item of items) {
    if (Array.isArray(item)) bytes.push(...item);
    else if ("encode" in item) bytes.push(...resolve(item, address + bytes.length, labels));
  }
  return { bytes: Uint8Array.from(bytes), labels };
}

function resolve({ size, to, encode }: Reference, from: number, labels: Map<string, number>) {
  const target = labels.get(to);
  if (target === undefined) throw new Error(`label ${to} is not defined`);
  const bytes = encode(from, target);
  if (bytes.length !== size) throw new Error(`${to}: ${bytes.length} bytes, not ${size}`);
  return bytes;
}

/** A 32-bit number, or an arm64 instruction, in memory order. */
export function word(value: number): number[] {
  return [value & 255, value >>> 8 & 255, value >>> 16 & 255, value >>> 24];
}

/** A 64-bit number in memory order. */
export function quad(value: bigint): number[] {
  return [...word(Number(value & 0xffff_ffffn)), ...word(Number(value >> 32n))];
}

/** A text as bytes, NUL-terminated. */
export function codeText(text: string): number[] {
  return [...new TextEncoder().encode(text), 0];
}

/** The number whose bytes in memory are these eight characters. */
export function eightBytes(text: string): bigint {
  const bytes = Uint8Array.from({ length: 8 }, (_, i) => text.charCodeAt(i) || 0);
  return new DataView(bytes.buffer).getBigUint64(0, true);
}
