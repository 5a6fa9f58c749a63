import { UsageError } from "../../base/errors.ts";
import { parseSize } from "../../base/size.ts";
import type { NamedLimit } from "../../daemon/settings.ts";
import { RESOURCES } from "../../libc/users/limits.ts";
import { nameOf, rawWord } from "../../libc/processes/process_image.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";

/** A file mode creation mask, octal: `022`, `0022`, `77`. */
export function parseUmask(text: string): number {
  if (/^[0-7]{1,4}$/.test(text) && parseInt(text, 8) <= 0o777) return parseInt(text, 8);
  throw new UsageError(
    `'${text}' is not a umask`,
    "write up to three octal digits, for example 022 or 077",
  );
}

/** A nice value, -20 to 19. */
export function parseNice(text: string): number {
  const value = Number(text);
  if (/^[+-]?\d{1,2}$/.test(text) && value >= -20 && value <= 19) return value;
  throw new UsageError(
    `'${text}' is not a nice value`,
    "write a number from -20 (first) to 19 (last)",
  );
}

/** A descriptor number. */
export function parseDescriptor(text: string): number {
  const HIGHEST = 99;
  if (/^\d{1,2}$/.test(text)) return Number(text);
  throw new UsageError(
    `'${text}' is not a descriptor that can be kept`,
    `write a number from 0 to ${HIGHEST}`,
  );
}

/** `NAME=SOFT[:HARD]`; a limit of bytes takes K, M and G. */
export function parseLimit(text: string): NamedLimit {
  const match = /^(?:rlimit_)?([a-z]+)=([^:]+)(?::([^:]+))?$/i.exec(text);
  const name = match?.[1].toLowerCase() ?? "";
  if (!match || !Object.hasOwn(RESOURCES, name)) {
    const names = Object.keys(RESOURCES).join(", ");
    throw new UsageError(
      `'${text}' is not a resource limit`,
      `write NAME=SOFT[:HARD] with one of ${names}`,
    );
  }
  const [number, bytes] = RESOURCES[name];
  const soft = parseAmount(match[2], bytes);
  const hard = match[3] === undefined ? undefined : parseAmount(match[3], bytes);
  if (hard !== undefined && soft > hard) {
    throw new UsageError(`'${text}': the soft limit is above the hard one`);
  }
  return { name, resource: number, limit: { soft, hard } };
}

/** A word `K=V` for the environment, with the bytes written by the caller. */
export function parseVariable(text: string): Bytes {
  if ((nameOf(text) ?? "") !== "") return rawWord(text);
  throw new UsageError(`'${text}' is not a variable`, "write NAME=VALUE");
}

function parseAmount(text: string, bytes: boolean): number {
  if (/^(unlimited|infinity)$/i.test(text)) return Infinity;
  if (bytes) return parseSize(text);
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`'${text}' is not a resource limit`, "write a whole number or 'unlimited'");
}
