/**
 * A gate in front of the runtime inside the executable: machine code that checks what the runtime cannot start without,
 * and that replaces six functions of libc.
 *
 * - Entry: a stripped or truncated file does not contain imp's program. It would be the plain runtime, with everything
 *   that harden.ts has removed open to a program again. It says so and exits.
 * - getcwd: in a removed directory the runtime would exit. It gets /proc/self/cwd, a name that leads to that directory.
 * - signal: the runtime ignores SIGPIPE and SIGXFSZ. If the caller did so already, the action remains the caller's,
 *   without flags, by which imp recognizes it (src/libc/processes/dispositions.ts).
 * - sigaction: the runtime installs handlers for fault signals, which exec would reset in what imp starts. If the
 *   caller ignored such a signal, it stays ignored. The engine needs its own signal: it gets it, with a mark for imp,
 *   and is not told the old action, since it would print a warning.
 * - abort, eventfd, epoll_create1: where a limit or a missing /proc stops the runtime, one sentence and exit status 125
 *   in place of a crash report and SIGABRT.
 *
 * The code replaces the runtime's stubs for functions of libuv that it does not implement. They all end the program
 * with a message; now all names lead to the last stub. The procedure linkage table leads to the gate's functions, so
 * that what a program binds with dlsym(3) is still libc's own.
 */
import { type Machine, machineOf, UnknownLayout } from "../lib/elf.ts";
import { assemble, type CodeItem } from "../../src/base/machine_code/assemble.ts";
import { gateArm64 } from "./arm64.ts";
import { type GatePlaces, REPLACED } from "./parts.ts";
import { findProgram, linkageTable, takeRoom } from "./places.ts";
import { gateX86 } from "./x86_64.ts";

const CODE: Record<Machine, (places: GatePlaces) => CodeItem[]> = {
  "x86-64": gateX86,
  "aarch64": gateArm64,
};

/** Builds the gate into the ELF image of an executable made by `bun build --compile`, in place. */
export function buildGate(image: Uint8Array): void {
  const linkage = linkageTable(image);
  const room = takeRoom(image);
  const places = {
    ...findProgram(image),
    slots: {
      getcwd: linkage.getcwd.slot,
      signal: linkage.signal.slot,
      sigaction: linkage.sigaction.slot,
    },
  };
  const code = CODE[machineOf(image)](places);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const start = Number(view.getBigUint64(24, true)); // e_entry
  const { bytes, labels } = assemble(code, room.address, { start });
  if (bytes.length > room.bytes.length) {
    throw new UnknownLayout(`the gate needs ${bytes.length} bytes, not ${room.bytes.length}`);
  }
  room.bytes.set(bytes);
  view.setBigUint64(24, BigInt(labels.get("entry")!), true);
  for (const name of REPLACED) linkage[name].jumpTo(labels.get(name)!);
}
