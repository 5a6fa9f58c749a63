import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ItemStore } from "../../../src/pool/source/packed_items.ts";

const field = fc.uint8Array({ maxLength: 9 });
const item = fc.array(field, { maxLength: 3 }).map((fields) => ({ fields }));

Deno.test("packed items give back what was put in, however many are taken at once", () => {
  fc.assert(fc.property(
    fc.array(item, { maxLength: 400 }),
    fc.array(fc.integer({ min: 1, max: 300 })),
    (items, takes) => {
      const store = new ItemStore();
      // Twice: its memory is used again.
      for (let round = 0; round < 2; round++) {
        for (const one of items) store.add(one.fields);
        assertEquals(store.length, items.length);
        let at = 0;
        for (const most of [...takes, Infinity]) {
          const packed = store.take(most);
          const expected = items.slice(at, at + most).flatMap(({ fields }) => fields);
          assertEquals(packed.words(), expected);
          assertEquals(packed.count, expected.length);
          assertEquals(packed.holdsNul, expected.some((word) => word.includes(0)));
          at += most;
        }
        assertEquals(store.length, 0);
      }
    },
  ));
});
