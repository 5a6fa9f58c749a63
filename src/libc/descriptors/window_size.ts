import { TIOCGWINSZ } from "../abi.ts";
import { libc } from "../calling/load.ts";
import { allocate, scratch } from "../calling/memory.ts";
import type { WindowSize } from "./tty.ts";

/** The size of the terminal at `fd`; undefined when that is none, or does not know (0 columns). */
export function windowSize(fd: number): WindowSize | undefined {
  return scratch(() => {
    const { address, view } = allocate(8);
    if (libc("ioctl").ioctl(fd, TIOCGWINSZ, address) < 0) return undefined;
    const size = { rows: view.getUint16(0, true), columns: view.getUint16(2, true) };
    return size.columns > 0 ? size : undefined;
  });
}
