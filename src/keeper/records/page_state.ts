import type { KeeperPage } from "../waiter/keeper_page.ts";
import type { KeptState } from "./kept_state.ts";
import { parseRecordText } from "./reading.ts";

/** The state that a turn could not write to the disk and has left in the page: it is younger than the one on the disk. */
export function stateInPage({ text }: Pick<KeeperPage, "text">): KeptState | undefined {
  if (text === undefined) return undefined;
  const reading = parseRecordText<KeptState>(text, "state");
  return reading.is === "read" ? reading.value : undefined;
}
