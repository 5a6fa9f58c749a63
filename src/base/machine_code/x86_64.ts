/** Instructions of x86-64 as bytes. */
import { type CodeItem, word } from "./assemble.ts";

/** An instruction with a 32-bit displacement from its end. */
export function far(opcode: number[], to: string): CodeItem {
  const size = opcode.length + 4;
  return { size, to, encode: (from, target) => [...opcode, ...word(target - from - size)] };
}

/** A jump with an 8-bit displacement from its end. @throws RangeError if out of range */
export function short(opcode: number, to: string): CodeItem {
  return {
    size: 2,
    to,
    encode: (from, target) => {
      const distance = target - from - 2;
      if (distance < -128 || distance > 127) throw new RangeError(`${to} is too far: ${distance}`);
      return [opcode, distance & 0xff];
    },
  };
}

/** An instruction with a 32-bit address. */
export function withAddress(opcode: number[], to: string): CodeItem {
  return {
    size: opcode.length + 4,
    to,
    encode: (_, target) => [...opcode, ...word(target)],
  };
}
