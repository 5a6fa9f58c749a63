import { assertEquals, assertMatch } from "@std/assert";
import { openFileEvents } from "../../../src/keeper/events/open.ts";
import { keptPlace, makeKeptPlace } from "../../../src/keeper/home.ts";
import { closeFile } from "../../../src/libc/descriptors/files.ts";
import { settingsOf } from "../samples.ts";

Deno.test("watching hundreds of directories: whoever waits for it gets one message, and only if it takes long", () => {
  const at = Deno.makeTempDirSync({ prefix: "imp-watches-" });
  try {
    const place = keptPlace(`${at}/home`, "web");
    makeKeptPlace(place);
    for (let i = 0; i < 600; i++) Deno.mkdirSync(`${at}/src/d${i}`, { recursive: true });
    const more = { ignore: [], debounceMs: 100, postponed: false, overlap: "kill" } as const;
    const settings = settingsOf({ onChange: { paths: [`${at}/src`], ...more } });
    const told: string[] = [];
    for (const slowMs of [-1, 3_600_000]) {
      closeFile(openFileEvents(place, settings, (sentence) => told.push(sentence), slowMs));
    }
    assertEquals(told.length, 1);
    const tells = "web: watches 256 directories so far, and goes on: each is read once";
    assertMatch(told[0], new RegExp(`^${tells}.*; it is at ${at}/src/d\\d+; --ignore leaves`));
  } finally {
    Deno.removeSync(at, { recursive: true });
  }
});
