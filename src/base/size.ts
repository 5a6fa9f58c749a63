import { UsageError } from "./errors.ts";

const FACTORS: Record<string, number> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/**
 * Parses a size such as `4096`, `64K`, `10M`, `1.5G`; the letters are powers of 1024.
 * @returns bytes
 * @throws UsageError if the text is not a size
 */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/i.exec(text);
  const bytes = match ? Math.round(Number(match[1]) * FACTORS[match[2].toUpperCase()]) : NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new UsageError(`'${text}' is not a size`, "write for example 64K, 10M or 1G");
}

/** Formats a number of bytes in the largest fitting unit: `512B`, `1.5M`, `10M`. */
export function formatSize(bytes: number): string {
  let unit = "B";
  let value = bytes;
  for (const next of ["K", "M", "G", "T"]) {
    // 1023.6 would be shown as 1024.
    if (Math.round(value) < 1024) break;
    value /= 1024;
    unit = next;
  }
  // A round value was set by somebody and is shown as written.
  return value >= 100 || Number.isInteger(value)
    ? `${Math.round(value)}${unit}`
    : `${value.toFixed(1)}${unit}`;
}
