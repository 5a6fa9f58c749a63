import { ImpError } from "../../base/errors.ts";
import { addEndRule, ORDER } from "./end_rules.ts";

/**
 * Waits for what a program's function returns. If nothing is left that could settle the promise, the process would end
 * as if all were well: that is an error.
 * @param what the function's name
 * @param fail ends the process
 */
export async function untilSettled(
  result: unknown,
  what: string,
  fail: (error: Error) => void,
): Promise<unknown> {
  if (typeof (result as PromiseLike<unknown> | undefined)?.then !== "function") return result;
  let settled = false;
  addEndRule({
    order: ORDER.target,
    idle: () => {
      if (!settled) {
        fail(
          new ImpError({
            action: "finish",
            object: what,
            why: "it waits for something that can no longer come",
          }),
        );
      }
      return undefined;
    },
  });
  try {
    return await result;
  } finally {
    settled = true;
  }
}
