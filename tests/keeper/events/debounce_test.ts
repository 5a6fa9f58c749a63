import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { afterLook, isResting } from "../../../src/keeper/events/debounce.ts";
import type { KeptChanges } from "../../../src/keeper/records/kept_state.ts";

const MS = 200;

/** Looks at each of the times, if nothing says that nobody is to look. @returns when a change was acted upon */
function acted(finds: (now: number) => boolean, until: number, debounceMs = MS): number[] {
  let changes: KeptChanges = {};
  const times: number[] = [];
  for (let now = 0; now <= until; now += 10) {
    if (isResting(changes, now, debounceMs)) continue;
    const changed = finds(now) ? "a" : undefined;
    const look = afterLook(changes, { any: changed !== undefined, changed }, debounceMs, now);
    changes = look.changes;
    if (look.due !== undefined) times.push(now);
  }
  return times;
}

Deno.test("debounce: one change is acted upon when nothing has changed for a while", () => {
  assertEquals(acted((now) => now === 0, 2000), [MS]);
  const { changes, due } = afterLook({}, { any: true, changed: "a" }, MS, 1000);
  assertEquals([changes.pending, changes.lookAt, due], [
    { path: "a", since: 1000 },
    1200,
    undefined,
  ]);
  // The first one is reported.
  assertEquals(
    afterLook(changes, { any: true, changed: "b" }, MS, 1200).changes.pending?.path,
    "a",
  );
});

Deno.test("debounce: a storm is one, and one that does not end is bounded", () => {
  assertEquals(acted((now) => now < 2000, 4000), [2000]);
  assertEquals(acted(() => true, 10_500), [5000, 10_010]);
  assertEquals(acted(() => true, 30_000, 3000), [12_000, 24_010]);
});

Deno.test("debounce: without a pause it is acted upon at once", () => {
  assertEquals(acted((now) => now === 50, 100, 0), [60]);
});

Deno.test("debounce: what is ignored has pauses that grow, and a change is found after them", () => {
  let changes: KeptChanges = {};
  const pauses = [];
  for (let i = 0, now = 0; i < 8; i++) {
    changes = afterLook(changes, { any: true }, MS, now).changes;
    pauses.push(changes.lookAt! - now);
    now = changes.lookAt!;
  }
  assertEquals(pauses, [50, 100, 200, 400, 800, 1000, 1000, 1000]);
  const rest = afterLook(changes, { any: false }, MS, 1e6).changes;
  assertEquals([rest.idle, rest.lookAt], [undefined, undefined]);
});

Deno.test("debounce: a clock that is set back delays nothing for long", () => {
  const { changes } = afterLook({}, { any: true, changed: "a" }, MS, 1e9);
  assert(isResting(changes, 1e9 + 100, MS));
  assert(!isResting(changes, 1e9 - 3600_000, MS));
  assertEquals(afterLook(changes, { any: true, changed: "a" }, MS, 1e9 - 3600_000).due, "a");
});

Deno.test("debounce: whatever comes, each change is acted upon within the bound, and never twice", () => {
  fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 400 }), (list) => {
    let changes: KeptChanges = {};
    let owed: number | undefined;
    // An event stays until somebody looks.
    let came = false;
    for (let now = 0; now < list.length * 50 + 12_000; now += 50) {
      if (list[now / 50]) {
        came = true;
        owed ??= now;
      }
      if (owed !== undefined) assert(now - owed <= 5000 + 1000 + 100, `${now - owed}`);
      if (isResting(changes, now, MS)) continue;
      const found = { any: came, changed: came ? "a" : undefined };
      came = false;
      const look = afterLook(changes, found, MS, now);
      changes = look.changes;
      if (look.due === undefined) continue;
      assert(owed !== undefined, "nothing has changed");
      owed = undefined;
    }
    assertEquals([owed, changes.pending], [undefined, undefined]);
  }));
});
