import { runtime } from "../../runtime/mod.ts";
import type { ProcessIdentity } from "../../termination/identity.ts";
import type { Look } from "../../termination/scope.ts";
import type { SharedLooks } from "../../termination/shared_looks.ts";
import type { KeptPlace } from "../home.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptTree } from "../tree/kept_tree.ts";
import { runOwnersCommand } from "../turn/owners_command.ts";

export interface OwnersStop {
  readonly place: KeptPlace;
  readonly settings: KeptSettings;
  readonly program: ProcessIdentity;
  /** Its time limit. */
  readonly hookMs: number;
  readonly looks: SharedLooks;
  readonly tree: KeptTree;
  readonly heartbeat: (look: Look) => void;
  readonly isOff: () => boolean;
}

const PAUSE_MS = 50;

/** Runs a daemon's --stop-cmd until that or the daemon has ended. @returns why it failed, if it did */
export async function stopByCommand(stop: OwnersStop): Promise<string[]> {
  const { place, settings, program, hookMs, looks, tree, heartbeat, isOff } = stop;
  let isOver = false;
  const running = runOwnersCommand({
    ...{ place, settings, hook: "stop", mainPid: program.pid, timeoutMs: hookMs },
    isOver: () => isOver,
  });
  const watching = (async () => {
    while (!isOver) {
      const look = await looks.at(runtime.now() + PAUSE_MS);
      heartbeat(look);
      isOver ||= isOff() || tree.members(look).length === 0;
    }
  })();
  const failure = await running;
  isOver = true;
  await watching;
  return failure === undefined ? [] : [failure];
}
