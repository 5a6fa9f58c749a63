import { assertEquals } from "@std/assert";
import { wasBeingEnded } from "../../../src/keeper/turn/end_sender.ts";
import { oomKiller, oomKillsNow, ownOomKills } from "../../../src/keeper/turn/oom_kills.ts";

Deno.test("oom kills: those of the daemon's own group, since the run began, and of none below it", () => {
  const group = Deno.makeTempDirSync({ prefix: "imp-oom-" });
  const write = (name: string, oom: number, kills: number) =>
    Deno.writeTextFileSync(`${group}/${name}`, `low 0\noom ${oom}\noom_kill ${kills}\n`);
  try {
    // What runs before has left its count.
    write("memory.events", 9, 9);
    write("memory.events.local", 2, 3);
    const before = oomKillsNow(group);
    assertEquals(before, {
      source: `${group}/memory.events.local`,
      count: 3,
      atLimit: 2,
      own: true,
    });
    assertEquals(oomKiller(before, 1 << 20), undefined);
    write("memory.events", 10, 10);
    assertEquals(oomKiller(before, 1 << 20), undefined);
    write("memory.events.local", 2, 4);
    assertEquals(oomKiller(before, 1 << 20), "out-of-memory killer");
    write("memory.events.local", 3, 4);
    assertEquals(oomKiller(before, 1 << 20), "out-of-memory killer of its limit 1M");
    assertEquals(oomKiller(before), "out-of-memory killer");
    // The group was created again.
    write("memory.events.local", 1, 1);
    assertEquals(oomKiller(before), undefined);
    Deno.removeSync(`${group}/memory.events.local`);
    assertEquals(oomKiller(before), undefined);
    assertEquals(ownOomKills(group)?.source, `${group}/memory.events`);
    Deno.removeSync(`${group}/memory.events`);
    assertEquals(ownOomKills(group), undefined);
  } finally {
    Deno.removeSync(group, { recursive: true });
  }
});

Deno.test("oom kills: a counter of others too lets suppose it", () => {
  const group = Deno.makeTempDirSync({ prefix: "imp-oom-" });
  try {
    const source = `${group}/memory.events.local`;
    Deno.writeTextFileSync(source, "oom_kill 1\n");
    assertEquals(
      oomKiller({ source, count: 0 }),
      `out-of-memory killer, as the counter of ${group} lets suppose`,
    );
  } finally {
    Deno.removeSync(group, { recursive: true });
  }
});

Deno.test("oom kills: what imp was ending was not ended by them", () => {
  const intent = { wanted: "run" as const, startSerial: 1, at: 100 };
  const state = { startSerial: 1 };
  assertEquals(wasBeingEnded(state, intent, 200), false);
  assertEquals(wasBeingEnded({ ...state, endedBy: "imp keeper: x" }, intent, 200), true);
  assertEquals(wasBeingEnded(state, { ...intent, wanted: "stop" }, 200), true);
  assertEquals(wasBeingEnded(state, { ...intent, wanted: "stop" }, 99), false);
  // A restart, or a stop and a start, before any turn has looked.
  assertEquals(wasBeingEnded(state, { ...intent, startSerial: 2 }, 100), true);
  const stopped = { by: "imp stop web", at: 50 };
  assertEquals(wasBeingEnded(state, { ...intent, startSerial: 3, stopped }, 60), true);
  assertEquals(wasBeingEnded(state, { ...intent, startSerial: 3, stopped }, 40), false);
});
