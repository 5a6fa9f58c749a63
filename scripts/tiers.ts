/**
 * Makes a built executable compile later what it compiles best, by constants patched in place like those of lean.ts.
 *
 * JavaScriptCore compiles a function better and better the more often it has run, on threads of its own. A server that runs for
 * days gains by the last step; of a program that runs for a tenth of a second to some seconds, as a pool of workers does, those
 * threads took a quarter to two fifths of the CPU time. Loops of numbers, which are what the last step is for, reach it
 * some ten milliseconds later. `--compile-jit-policy` (build.ts) puts all steps off alike.
 */
import { findOnce, section, word } from "./lib/elf.ts";

/** Patches the ELF image of an executable made by `bun build --compile`, in place. */
export function compileLater(image: Uint8Array): void {
  const rodata = section(image, ".rodata");
  for (const { names, defaults, values } of THRESHOLDS) {
    rodata.set(values.flatMap(word), findOnce(rodata, defaults.flatMap(word), names));
  }
}

/** The engine's options, four in a row: the compiler keeps their defaults as constants of 16 bytes, on both machines. */
const THRESHOLDS = [
  {
    names: "the defaults of thresholdForJIT… and thresholdForOptimizeAfter…WarmUp",
    defaults: [500, 100, 1000, 1000],
    values: [500, 100, 16_000, 16_000],
  },
  {
    names: "the defaults of thresholdForOptimizeSoon and thresholdForFTLOptimizeAfterWarmUp",
    // Between them: how much a round of a loop and a call count.
    defaults: [1000, 1, 15, 64_000],
    values: [16_000, 1, 15, 640_000],
  },
  {
    names: "the default of thresholdForFTLOptimizeSoon",
    defaults: [1000, 1, 15, 15],
    values: [10_000, 1, 15, 15],
  },
];
