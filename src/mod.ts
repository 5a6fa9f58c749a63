/**
 * Python's multiprocessing for TypeScript: processes, pools, queues, locks and shared memory, under Deno and Bun from
 * source, and as `import … from "imp"` in programs that imp's executable runs (`imp run`).
 *
 * @module
 */
export { Process, type ProcessOptions } from "./multiprocessing/process.ts";
export {
  activeChildren,
  cpuCount,
  type CurrentProcess,
  currentProcess,
  type ParentProcess,
  parentProcess,
} from "./multiprocessing/relatives.ts";
export type { Target } from "./multiprocessing/target.ts";
export { Channel, type Descriptors, type Listener } from "./multiprocessing/channel.ts";
export { UnsendableError } from "./multiprocessing/unsendable.ts";
export { ImpError } from "./base/errors.ts";
