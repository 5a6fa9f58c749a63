import { assertEquals } from "@std/assert";
import { keptDaemonSource } from "../../../src/commands/watch/source.ts";
import { keptPlace, makeKeptPlace } from "../../../src/keeper/home.ts";
import { writeKeptSettings } from "../../../src/keeper/records/kept_records.ts";
import { writeWay } from "../../../src/logs/book.ts";
import { settingsOf } from "../../keeper/samples.ts";

Deno.test("imp watch looks only at daemons in whose directories something has changed", () => {
  const home = Deno.makeTempDirSync({ prefix: "imp-source-" });
  try {
    const source = keptDaemonSource(home);
    const settle = (name: string, keep: number) => {
      const place = keptPlace(home, name);
      makeKeptPlace(place);
      writeWay(place.directory, "stdout", { schema: 1, mode: "pipe", device: "0:1", unit: 4096 });
      const log = { keep, format: "json", target: "file", stdout: `${home}/log` } as const;
      writeKeptSettings(place, settingsOf({ name, log }));
      return place.directory;
    };
    const seen = (changed?: ReadonlySet<string>) =>
      source.daemons(changed).map(({ place: { name, log } }) => `${name} ${log.keep}`);
    const one = settle("one", 1);
    settle("two", 1);
    assertEquals(seen(), ["one 1", "two 1"]);
    for (const name of ["one", "two"]) settle(name, 2);
    assertEquals(seen(new Set([one])), ["one 2", "two 1"]);
    // A new one is looked at, whatever reported it; one that is gone does not count.
    settle("three", 1);
    Deno.removeSync(one, { recursive: true });
    assertEquals(seen(new Set([`${home}/daemons`])), ["three 1", "two 1"]);
    assertEquals(seen(), ["three 1", "two 2"]);
  } finally {
    Deno.removeSync(home, { recursive: true });
  }
});
