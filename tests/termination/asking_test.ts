import { assert, assertEquals } from "@std/assert";
import { Asking } from "../../src/termination/asking.ts";
import { listTree } from "../../src/termination/signal_tree.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { tryWait } from "../../src/libc/processes/wait.ts";

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (!condition()) {
    assert(performance.now() < deadline, "not within 2 minutes");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test("Asking: everybody once, newcomers too, but not the children of one who was asked and lives", async () => {
  const directory = Deno.makeTempDirSync({ prefix: "imp-asking-" });
  const script = `trap 'sleep 300 & echo x >>asked; wait' TERM; sleep 301 & echo >up; wait; wait`;
  const pid = spawn({
    path: "/bin/sh",
    argv: ["sh", "-c", `cd ${directory}; ${script}`],
    env: ["PATH=/usr/bin:/bin"],
    newSession: true,
  });
  assert(pid > 0);
  const scope = { sessions: [pid] };
  const asked = () => Deno.readTextFileSync(`${directory}/asked`);
  const there = (name: string) => {
    try {
      return Deno.statSync(`${directory}/${name}`).isFile;
    } catch {
      return false;
    }
  };
  const names = ({ reached }: ReturnType<Asking["ask"]>) => reached.map(({ comm }) => comm).sort();
  try {
    await until(() => there("up") && listTree(scope).some(({ comm }) => comm === "sleep"));
    const asking = new Asking(scope);
    assertEquals(names(asking.ask()), ["sh", "sleep"]);
    // The sleep it was waiting for is gone, that of its trap has come.
    const isAsleep = () => listTree(scope).some(({ comm }) => comm === "sleep");
    await until(() => there("asked") && listTree(scope).length === 2 && isAsleep());
    assertEquals(names(asking.ask()), []);
    assertEquals(asked(), "x\n");
    new Asking({ roots: [pid], except: listTree({ below: [pid] }).map((kin) => kin.pid) }, 9).ask();
    await until(() => tryWait(pid) !== "running");
    // It is nobody's child now but ours, or init's: it has to go too.
    assertEquals(names(asking.ask()), ["sleep"]);
    await until(() => listTree(scope).length === 0);
  } finally {
    new Asking(scope, 9).ask();
    Deno.removeSync(directory, { recursive: true });
  }
});
