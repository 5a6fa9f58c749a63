import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { Retries } from "../../../src/pool/rules/retry.ts";
import { Slots } from "../../../src/pool/process/tree_endings.ts";

Deno.test("slots: always the lowest that is free", () => {
  fc.assert(fc.property(fc.array(fc.nat(9), { maxLength: 50 }), (releases) => {
    const slots = new Slots();
    const taken = new Set<number>();
    for (const release of releases) {
      if (taken.delete(release)) slots.release(release);
      let lowest = 1;
      while (taken.has(lowest)) lowest++;
      assertEquals(slots.take(), lowest);
      taken.add(lowest);
    }
  }));
});

Deno.test("retries come in the order of their time, and none too early", () => {
  const job = { seq: 1, items: { fields: [] } };
  fc.assert(fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 30 }), (times) => {
    const retries = new Retries();
    for (const due of times) retries.add({ job, number: 2, order: 1, due });
    const sorted = times.toSorted((a, b) => a - b);
    assertEquals(retries.take(sorted[0] - 1), undefined);
    assertEquals(sorted.map(() => retries.take(1000)?.due), sorted);
    assertEquals(retries.nextDue, Infinity);
  }));
});
