import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { identityOf } from "../../src/termination/identity.ts";
import { listTree, lookOnce } from "../../src/termination/look.ts";
import { membersOf } from "../../src/termination/scope.ts";
import { Asking, signalTree, targetsFor } from "../../src/termination/signal_tree.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { tryWait } from "../../src/libc/processes/wait.ts";
import { until } from "./until.ts";
import { kin, pids, PROCESSES, SELF, table } from "./kin.ts";

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
    const asking = new Asking(15);
    assertEquals(names(asking.ask(lookOnce(scope))), ["sh", "sleep"]);
    // The sleep it was waiting for is gone, that of its trap has come.
    const isAsleep = () => listTree(scope).some(({ comm }) => comm === "sleep");
    await until(() => there("asked") && listTree(scope).length === 2 && isAsleep());
    assertEquals(names(asking.ask(lookOnce(scope))), []);
    assertEquals(asked(), "x\n");
    signalTree({ single: [identityOf(pid)!] }, 9);
    await until(() => tryWait(pid) !== "running");
    // It is now our child, or init's, and has to end too.
    assertEquals(names(asking.ask(lookOnce(scope))), ["sleep"]);
    await until(() => listTree(scope).length === 0);
  } finally {
    signalTree(scope, 9);
    Deno.removeSync(directory, { recursive: true });
  }
});

Deno.test("a tree: whole groups are signalled at once, mixed ones and our own one by one", () => {
  const members = membersOf({ below: [SELF] }, PROCESSES, SELF);
  const told = targetsFor(members, PROCESSES, SELF)
    .map((target) => "group" in target ? -target.group : target.process.pid);
  assertEquals(told.sort((a, b) => a - b), [-13, 11, 12, 15]);
});

const anyProcesses = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 12 }),
    fc.integer({ min: 1, max: 12 }),
    fc.constantFrom("S", "R", "Z"),
  ),
  { minLength: 12, maxLength: 12 },
).map((rows) =>
  table(...rows.map(([ppid, pgid, state], i) => kin(i + 1, ppid, pgid, pgid, state)))
);

Deno.test("a tree: every member is reached exactly once and nobody else, whatever /proc shows", () => {
  fc.assert(fc.property(anyProcesses, fc.integer({ min: 1, max: 12 }), (processes, self) => {
    const members = membersOf({ below: [self] }, processes, self);
    const ownGroup = processes.get(self)!.pgid;
    const reached = targetsFor(members, processes, ownGroup).flatMap((target) =>
      "process" in target
        ? [target.process.pid]
        : [...processes.values()].filter(({ pgid, state }) =>
          pgid === target.group && state !== "Z"
        ).map(({ pid }) => pid)
    );
    assertEquals(reached.sort((a, b) => a - b), pids(members));
  }));
});
