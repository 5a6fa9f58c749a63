import { Interrupted } from "../base/errors.ts";
import { SIGSET_BYTES } from "../libc/structs.ts";
import { ignoredSignals } from "../libc/processes/dispositions.ts";
import { libc } from "../libc/calling/load.ts";
import { allocate, scratch } from "../libc/calling/memory.ts";
import { setSignalMask, signalName, signalSet } from "../libc/processes/signals.ts";

/** HUP INT QUIT USR1 USR2 ALRM TERM: what ends imp when somebody sends it. */
const ENDING = [1, 2, 3, 10, 12, 14, 15];

/**
 * Holds signals back that would end imp in the middle of a start. Complete where imp has a single thread, as the binary has
 * at this time; elsewhere another thread may take them, and imp ends as before.
 * @returns a check that throws {@link Interrupted} when one has arrived
 */
export function holdSignals(): () => void {
  const held = signalSet(ENDING);
  const before = setSignalMask(signalSet("none"));
  const bits = (set: Uint8Array, number: number) =>
    set[(number - 1) >> 3] >> ((number - 1) & 7) & 1;
  const own = ENDING.filter((number) => bits(before.bytes, number) === 0);
  before.bytes.forEach((byte, i) => held.bytes[i] |= byte);
  setSignalMask(held);
  return () => {
    const pending = scratch(() => {
      const set = allocate(SIGSET_BYTES);
      libc("sigpending").sigpending(set.address);
      return own.filter((number) => bits(set.bytes, number) === 1);
    });
    if (pending.length === 0) return;
    // A signal that is blocked stays pending even if it is ignored.
    const ignored = ignoredSignals();
    const first = pending.find((number) => !ignored.includes(number));
    if (first !== undefined) throw new Interrupted(signalName(first));
  };
}
