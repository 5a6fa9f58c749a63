import { rowsMeanOutput, SIGNALS } from "../e2e/joblog_check.ts";
import { MODES, type Sink } from "../e2e/joblog_run.ts";

/** Random moments for each signal and each kind of pool. */
const MOMENTS = Number(Deno.env.get("IMP_TEST_MOMENTS") ?? 30);

export function tryMoments(sink: Sink): void {
  const signals = SIGNALS.flatMap((signal) => Array<Deno.Signal>(MOMENTS).fill(signal));
  for (const mode of MODES) rowsMeanOutput(mode, sink, signals);
}
