/** Lays machine code out: instructions are bytes already, only references to labels are left to be computed. */

/** Bytes as they are, a label, or bytes that depend on where they and a label lie. */
export type CodeItem = number[] | { label: string } | Reference;

export interface Reference {
  size: number;
  to: string;
  /** @param from where the bytes lie, @param to where the label does */
  encode: (from: number, to: number) => number[];
}

export interface MachineCode {
  bytes: Uint8Array;
  /** Where each label lies in memory. */
  labels: Map<string, number>;
}

/**
 * @param known labels that lie elsewhere
 * @throws Error for a label that is not defined, or defined twice
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

/** A 32-bit number, or an instruction of arm64, as it lies in memory. */
export function word(value: number): number[] {
  return [value & 255, value >>> 8 & 255, value >>> 16 & 255, value >>> 24];
}

/** A 64-bit number in the same way. */
export function quad(value: bigint): number[] {
  return [...word(Number(value & 0xffff_ffffn)), ...word(Number(value >> 32n))];
}

/** A text as bytes, closed by NUL. */
export function codeText(text: string): number[] {
  return [...new TextEncoder().encode(text), 0];
}

/** Eight characters as the number that lies in memory as they do. */
export function eightBytes(text: string): bigint {
  const bytes = Uint8Array.from({ length: 8 }, (_, i) => text.charCodeAt(i) || 0);
  return new DataView(bytes.buffer).getBigUint64(0, true);
}
