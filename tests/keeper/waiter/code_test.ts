// The machine code of waiters, executed: by the processor itself, and that of arm64 by qemu-user.
import { assert, assertEquals } from "@std/assert";
import { waiterImage } from "../../../src/keeper/waiter/image.ts";
import { eventually, installed } from "../../e2e/harness.ts";
import { skip } from "../../skip.ts";
import { find, Stage } from "./stage.ts";
import { tryWaiter } from "./trials.ts";

const MACHINES = [
  { arch: "x64", machine: "x86_64", most: 1184 },
  { arch: "arm64", machine: "aarch64", most: 1584 },
] as const;

Deno.test({
  name: "waiters: a hundred pairs at once",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const arch = MACHINES.find(({ machine }) => machine === Deno.build.arch)!.arch;
    const candidate = { name: arch, native: true, words: (to: string) => [written(arch, to)] };
    const stages = Array.from({ length: 100 }, () => new Stage(candidate));
    try {
      for (const stage of stages) stage.raise();
      for (const stage of stages) await stage.rest();
      for (const { page } of stages) assertEquals([page.failures, page.raised.begin], [0, 1]);
      for (const stage of stages) Deno.kill(stage.keeper, "SIGKILL");
      for (const stage of stages) {
        await eventually(() => stage.page.keeper === stage.guard, "the guard acts");
        await stage.rest();
        assertEquals(stage.turns().length, 2);
      }
    } finally {
      for (const stage of stages) await stage.end();
    }
  },
});

function written(arch: "x64" | "arm64", directory: string): string {
  const path = `${directory}/imp-keeper`;
  Deno.writeFileSync(path, waiterImage(arch), { mode: 0o755 });
  return path;
}

for (const { arch, machine, most } of MACHINES) {
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
      const path = written(arch, directory);
      return native ? [path] : [find(emulator, (Deno.env.get("PATH") ?? "").split(":")), path];
    },
  });

  Deno.test(`waiter, ${machine}: it is small`, () => {
    const headers = 64 + 2 * 56;
    assert(waiterImage(arch).length - headers <= most, `${waiterImage(arch).length} bytes`);
  });
}
