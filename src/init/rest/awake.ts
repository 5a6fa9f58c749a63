import { nap } from "../../libc/time.ts";
import { PR_SET_NAME, SI_KERNEL, SIGCHLD, SIGKILL } from "../../libc/abi.ts";
import { libc } from "../../libc/calling/load.ts";
import { cString } from "../../libc/calling/memory.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { mapShared } from "../../libc/descriptors/mapping.ts";
import { readAt } from "../../libc/descriptors/spool.ts";
import { ownPid, parentPid, setParentDeathSignal } from "../../libc/processes/process.ts";
import { sendSignal } from "../../libc/processes/signals.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { endingOf } from "../../libc/processes/wait.ts";
import { setWoken } from "../woken.ts";
import { GROUP_PLANS, REST_MAGIC, REST_PAGE, REST_VERSION } from "./rest_page.ts";
import { signalsInSet } from "./tables.ts";

/**
 * What imp does when executed by an init at rest: in place of that init it takes over; as its child it proves that imp
 * can be executed, stays until it is killed, and never returns.
 * @param page a descriptor
 * @param words init's original ones
 * @returns whether it takes over; false if this is not such a page
 */
export function awake(page: number, words: readonly Bytes[]): boolean {
  const bytes = readAt(page, 0, REST_PAGE.bytes);
  if (typeof bytes === "number" || bytes.length !== REST_PAGE.bytes) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const word = (name: keyof typeof REST_PAGE) => view.getInt32(REST_PAGE[name], true);
  if (word("magic") !== REST_MAGIC || word("version") !== REST_VERSION) return false;
  if (word("pid") !== ownPid()) return prove(page, word("pid"));
  // None is the caller's.
  closeFile(word("imp"));
  closeFile(word("signals"));
  closeFile(page);
  // Executed by a descriptor, it would be named after its number.
  libc("prctl").prctl(PR_SET_NAME, cString("imp"), 0, 0, 0);
  setWoken({
    words,
    program: word("program"),
    plan: GROUP_PLANS[word("plan")],
    sent: signalsInSet(view.getBigUint64(REST_PAGE.sent, true)),
    signal: word("signal") === 0
      ? undefined
      : { number: word("signal"), byKernel: word("code") === SI_KERNEL },
    ending: word("ended") === 0 ? undefined : endingOf(word("status")),
    stopped: word("stopped") || undefined,
  });
  return true;
}

/** @returns false if init is not its parent */
function prove(page: number, init: number): false {
  setParentDeathSignal(SIGKILL);
  if (parentPid() !== init) return false;
  new Int32Array(mapShared(page, REST_PAGE.bytes))[REST_PAGE.proven / 4] = 1;
  sendSignal(init, SIGCHLD);
  for (;;) nap(-1);
}
