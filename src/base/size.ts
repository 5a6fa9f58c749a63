import { UsageError } from "./errors.ts";

const FACTORS: Record<string, number> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/**
 * Reads a size such as `4096`, `64K`, `10M`, `1.5G`; the letters count in powers of 1024.
 * @returns bytes
 * @throws UsageError when the text is no size
 */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/i.exec(text);
  const bytes = match ? Math.round(Number(match[1]) * FACTORS[match[2].toUpperCase()]) : NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new UsageError(`'${text}' is not a size`, "write for example 64K, 10M or 1G");
}

/** Tells a number of bytes in the largest fitting unit: `512B`, `1.5M`, `10M`. */
export function formatSize(bytes: number): string {
  let unit = "B";
  let value = bytes;
  for (const next of ["K", "M", "G", "T"]) {
    // 1023.6 would be told as 1024.
    if (Math.round(value) < 1024) break;
    value /= 1024;
    unit = next;
  }
  // What somebody has set reads as they wrote it.
  return value >= 100 || Number.isInteger(value)
    ? `${Math.round(value)}${unit}`
    : `${value.toFixed(1)}${unit}`;
}
