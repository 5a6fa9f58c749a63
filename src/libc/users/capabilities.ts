import { _LINUX_CAPABILITY_VERSION_3 } from "../abi_programs.ts";
import { syscall } from "../calling/load.ts";
import { allocate, type Block, scratch } from "../calling/memory.ts";
import { CAPABILITIES } from "../structs.ts";

/** Capabilities as bits, by their numbers in linux/capability.h. */
export interface CapabilitySets {
  readonly effective: bigint;
  readonly permitted: bigint;
}

/** Those of this thread, capget(2). @returns undefined if the kernel refuses; errno says why */
export function ownCapabilities(): CapabilitySets | undefined {
  const { header, data } = CAPABILITIES;
  return scratch(() => {
    const asked = allocate(header.bytes), sets = allocate(data.bytes);
    asked.view.setUint32(header.version, _LINUX_CAPABILITY_VERSION_3, true);
    if (syscall("capget", asked.address, sets.address) !== 0) return undefined;
    return { effective: setAt(sets, data.effective), permitted: setAt(sets, data.permitted) };
  });
}

function setAt({ view }: Block, at: number): bigint {
  const low = view.getUint32(at, true), high = view.getUint32(at + CAPABILITIES.data.next, true);
  return BigInt(low) | BigInt(high) << 32n;
}
