/**
 * Delays the last stage of compilation in a built executable, by constants patched in place like those of lean.ts.
 *
 * JavaScriptCore compiles a function better the more often it has run, on separate threads. A server that runs for days
 * gains from the last stage; in a program that runs for a tenth of a second to some seconds, such as a pool of workers,
 * those threads took a quarter to two fifths of the CPU time. Numeric loops, for which the last stage is made, reach it
 * some ten milliseconds later. `--compile-jit-policy` (build.ts) delays all stages alike.
 */
import { findOnce, section, word } from "./lib/elf.ts";

/** Patches the ELF image of an executable made by `bun build --compile`, in place. */
export function compileLater(image: Uint8Array): void {
  const rodata = section(image, ".rodata");
  for (const { names, defaults, values } of THRESHOLDS) {
    rodata.set(values.flatMap(word), findOnce(rodata, defaults.flatMap(word), names));
  }
}

/**
 * The engine's options, four in a row: the compiler keeps their defaults as constants of 16 bytes, on both machines.
 */
const THRESHOLDS = [
  {
    names: "the defaults of thresholdForJIT… and thresholdForOptimizeAfter…WarmUp",
    defaults: [500, 100, 1000, 1000],
    values: [500, 100, 16_000, 16_000],
  },
  {
    names: "the defaults of thresholdForOptimizeSoon and thresholdForFTLOptimizeAfterWarmUp",
    // Between them: the weight of a loop iteration and of a call.
    defaults: [1000, 1, 15, 64_000],
    values: [16_000, 1, 15, 640_000],
  },
  {
    names: "the default of thresholdForFTLOptimizeSoon",
    defaults: [1000, 1, 15, 15],
    values: [10_000, 1, 15, 15],
  },
];
