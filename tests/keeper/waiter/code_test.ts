// The machine code of waiters, executed: by the processor itself, and that of arm64 by qemu-user.
import { assert } from "@std/assert";
import { waiterImage } from "../../../src/keeper/waiter/image.ts";
import { installed } from "../../e2e/harness.ts";
import { skip } from "../../skip.ts";
import { find } from "./stage.ts";
import { tryWaiter } from "./trials.ts";

const MACHINES = [
  { arch: "x64", machine: "x86_64" },
  { arch: "arm64", machine: "aarch64" },
] as const;

for (const { arch, machine } of MACHINES) {
  const native = machine === Deno.build.arch;
  const emulator = `qemu-${machine}-static`;
  if (!native && !installed(emulator)) {
    Deno.test(`waiter, ${machine}`, () =>
      skip(`waiter, ${machine}`, `${emulator} is not installed`));
    continue;
  }
  tryWaiter({
    name: machine,
    native,
    emulated: !native,
    words: (directory) => {
      const path = `${directory}/imp-keeper`;
      Deno.writeFileSync(path, waiterImage(arch), { mode: 0o755 });
      return native ? [path] : [find(emulator, (Deno.env.get("PATH") ?? "").split(":")), path];
    },
  });

  Deno.test(`waiter, ${machine}: it is small`, () => {
    assert(waiterImage(arch).length <= 1536, `${waiterImage(arch).length} bytes`);
  });
}
