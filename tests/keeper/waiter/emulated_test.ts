// The machine code of waiters for the machine that this one is not, executed by qemu-user.
import { installed } from "../../e2e/harness.ts";
import { skip } from "../../skip.ts";
import { MACHINES, written } from "./machines.ts";
import { find } from "./stage.ts";
import { tryWaiter } from "./trials.ts";

const { arch, machine } = MACHINES.find(({ machine }) => machine !== Deno.build.arch)!;
const emulator = `qemu-${machine}-static`;
const name = `waiter, ${machine}`;

if (!installed(emulator)) Deno.test(name, () => skip(name, `${emulator} is not installed`));
else {
  tryWaiter({
    name: machine,
    native: false,
    emulated: true,
    words: (directory) => [
      find(emulator, (Deno.env.get("PATH") ?? "").split(":")),
      written(arch, directory),
    ],
  });
}
