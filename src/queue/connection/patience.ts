import { UsageError } from "../../base/errors.ts";
import { isOfTheMoment, queueFailure } from "./failures.ts";

const PATIENCE_MS = 20_000, AGAIN_MS = 250;
/** After this time the reason for waiting is reported. */
const TELL_MS = 1500;

/**
 * While a cluster elects a leader, nothing answers: an action that may be repeated is retried for a while.
 * @param action what is tried, `use`
 * @param object on what
 * @param warn called once if it has to wait
 * @param patience milliseconds; 0: it is tried once
 * @throws ImpError
 */
export async function patiently<T>(
  act: () => Promise<T>,
  action: string,
  object: string,
  warn?: (text: string) => void,
  patience = PATIENCE_MS,
): Promise<T> {
  const since = performance.now();
  for (let told = false;;) {
    try {
      return await act();
    } catch (error) {
      if (error instanceof UsageError) throw error;
      const failure = queueFailure(error, action, object);
      const waited = performance.now() - since;
      if (!isOfTheMoment(failure) || waited >= patience) throw failure;
      if (!told && waited > TELL_MS) {
        told = true;
        warn?.(`${failure.message}; waiting for it`);
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
