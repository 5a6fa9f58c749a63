import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { closeOnExecFrom, setUmask } from "../../libc/processes/process.ts";
import { placeOfDirectory, refuseUnsafePlace } from "../home.ts";
import { turnsPage } from "../waiter/keeper_page.ts";
import { Turn } from "./turn_steps.ts";

/**
 * One turn of a daemon's keeper: looks at what has happened, does what is due, and exits. Its waiter starts the next
 * one, which can repeat everything if this one is killed.
 * @returns the exit status
 */
export async function keeperTurn(directory: string): Promise<number> {
  // Before anything is started: nobody else may get the waiters' descriptors.
  closeOnExecFrom(FLOOR.standard);
  setUmask(0o077);
  const page = turnsPage();
  if (!page) {
    throw new ImpError({
      action: "take a turn for",
      object: directory,
      why: "only the keeper of a daemon may run this command",
      exit: EXIT.failed,
    });
  }
  const place = placeOfDirectory(directory);
  // The next one looks again; meanwhile nothing is done that others may have written there.
  refuseUnsafePlace(place);
  return await new Turn(place, page).run();
}
