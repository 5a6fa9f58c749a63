import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { ObservedPhase } from "../../src/keeper/observe/observed.ts";
import { KEPT_PHASES } from "../../src/keeper/records/kept_state.ts";
import { type DesiredDaemon, planUp, type PresentDaemon } from "../../src/project/plan.ts";
import { projectSettings } from "./samples.ts";

const FILE = "/here/imp.toml", OTHER = "/there/imp.toml";
const PHASES: readonly ObservedPhase[] = [...KEPT_PHASES, "ended", "lost", "unknown"];

function desired(name: string, options: string[] = [], selected = true): DesiredDaemon {
  return { name, settings: projectSettings(name, options, FILE), selected };
}

function present(name: string, more: Partial<PresentDaemon> = {}): PresentDaemon {
  const settings = projectSettings(name, [], FILE);
  const fine = {
    phase: "running",
    runs: true,
    kept: true,
    toStop: false,
    rebooted: false,
  } as const;
  return { name, settings, ...fine, ...more };
}

function does(wanted: DesiredDaemon[], there: PresentDaemon[], prune = true): string[] {
  return planUp({ file: FILE, desired: wanted, present: there, prune })
    .map((step) => `${step.does} ${step.name}`);
}

Deno.test("plan: only what is not as it should be is touched", () => {
  assertEquals(does([desired("a")], []), ["start a"]);
  assertEquals(does([desired("a")], [present("a")]), ["stay a"]);
  assertEquals(does([desired("a", ["--nice=5"])], [present("a")]), ["restart a"]);
  const stopped = { phase: "stopped", runs: false, kept: false, toStop: true } as const;
  assertEquals(does([desired("a")], [present("a", stopped)]), ["start a"]);
  assertEquals(does([desired("a", ["--nice=5"])], [present("a", stopped)]), ["start a"]);
  assertEquals(does([desired("a")], [present("a", { kept: false })]), ["start a"]);
  assertEquals(does([desired("a")], [present("a", { phase: "starting" })]), ["start a"]);
  assertEquals(does([desired("a")], [present("a", { phase: "waiting", runs: false })]), [
    "start a",
  ]);
  const scheduled = { phase: "scheduled", runs: false } as const;
  assertEquals(does([desired("a")], [present("a", scheduled)]), ["stay a"]);
  const finished = { phase: "finished", runs: false, kept: false } as const;
  assertEquals(does([desired("a")], [present("a", finished)]), ["stay a"]);
  assertEquals(does([desired("a")], [present("a", { ...finished, rebooted: true })]), ["start a"]);
});

Deno.test("plan: what the file does not ask for", () => {
  assertEquals(does([], [present("old")]), ["remove old"]);
  assertEquals(does([], [present("old")], false), []);
  assertEquals(does([desired("a", [], false)], [present("a")]), ["stop a"]);
  assertEquals(does([desired("a", [], false)], []), []);
  assertEquals(does([desired("a", [], false)], [present("a", { runs: false, kept: false })]), []);
});

Deno.test("plan: what belongs to others is left alone", () => {
  const by = (file: string | undefined) => {
    const { project: _, ...settings } = projectSettings("a", [], OTHER);
    return present("a", {
      settings: file ? { ...settings, project: { file, depends: [] } } : settings,
    });
  };
  for (const other of [by(OTHER), by(undefined), present("a", { settings: undefined })]) {
    assertEquals(does([desired("a")], [other]), ["refuse a"]);
    assertEquals(does([], [other]), []);
  }
  // A name is that of one daemon, or of several instances.
  const alone = { ...by(undefined), name: "a" }, second = { ...by(undefined), name: "a@2" };
  assertEquals(does([desired("a@1")], [alone]), ["refuse a@1"]);
  assertEquals(does([desired("a")], [second]), ["refuse a"]);
  assertEquals(does([desired("a")], [present("a@2")]), ["remove a@2", "start a"]);
});

Deno.test("plan: other dependencies are recorded, and nothing is restarted for them", () => {
  const settings = projectSettings("a", [], FILE, ["db"]);
  const steps = planUp({
    ...{ file: FILE, prune: true, present: [present("a")] },
    desired: [{ name: "a", settings, selected: true }],
  });
  assertEquals(steps, [{ does: "stay", name: "a", settings, ended: false, record: true }]);
});

Deno.test("plan: what the file says of boots is set, also where nothing is started; else it stays", () => {
  const wanted = (atBoot?: boolean) => ({
    ...desired("a"),
    ...atBoot === undefined ? {} : { atBoot },
  });
  const atBootOf = (one: DesiredDaemon, there: PresentDaemon[]) => {
    const [step] = planUp({ file: FILE, desired: [one], present: there, prune: true });
    return "atBoot" in step ? [step.does, step.atBoot] : [step.does];
  };
  assertEquals(atBootOf(wanted(), [present("a", { atBoot: false })]), ["stay"]);
  assertEquals(atBootOf(wanted(true), [present("a", { atBoot: true })]), ["stay"]);
  assertEquals(atBootOf(wanted(true), [present("a")]), ["stay", true]);
  assertEquals(atBootOf(wanted(false), [present("a", { atBoot: true })]), ["stay", false]);
  assertEquals(atBootOf(wanted(false), []), ["start", false]);
  assertEquals(atBootOf(wanted(), []), ["start"]);
});

const names = fc.constantFrom<string[]>("a", "b", "c", "d");
const options = fc.constantFrom<string[]>([], ["--nice=5"], ["--env=A=1"]);
const anyDesired = fc.uniqueArray(
  fc.tuple(names, options, fc.boolean()).map(([name, some, selected]) =>
    desired(name, some, selected)
  ),
  { selector: ({ name }) => name },
);
const anyPresent = fc.uniqueArray(
  fc.record({
    name: names,
    settings: fc.tuple(options, fc.constantFrom(FILE, OTHER)).map(([some, file]) =>
      projectSettings("x", some, file)
    ),
    phase: fc.constantFrom(...PHASES),
    ...{ runs: fc.boolean(), kept: fc.boolean(), toStop: fc.boolean(), rebooted: fc.boolean() },
  }),
  { selector: ({ name }) => name },
);

Deno.test("plan: each daemon once, others' never, and after it was done nothing is left to do", () => {
  fc.assert(fc.property(anyDesired, anyPresent, fc.boolean(), (wanted, there, prune) => {
    const steps = planUp({ file: FILE, desired: wanted, present: there, prune });
    assertEquals(new Set(steps.map(({ name }) => name)).size, steps.length);
    const known = new Map<string, PresentDaemon>(there.map((one) => [one.name, one]));
    for (const step of steps) {
      const owner = known.get(step.name)?.settings?.project?.file;
      if (owner !== undefined && owner !== FILE) assertEquals(step.does, "refuse");
      if (step.does === "stop" || step.does === "remove") assert(prune && owner === FILE);
    }
    for (const { does, name, ...step } of steps) {
      if (does === "remove") known.delete(name);
      if (does === "stop") {
        known.set(name, {
          ...known.get(name)!,
          phase: "stopped",
          runs: false,
          kept: false,
          toStop: true,
        });
      }
      if ("settings" in step && does !== "stay") {
        known.set(name, present(name, { settings: step.settings }));
      }
    }
    const again = planUp({ file: FILE, desired: wanted, present: [...known.values()], prune });
    for (const step of again) assert(step.does === "stay" || step.does === "refuse", step.does);
  }));
});
