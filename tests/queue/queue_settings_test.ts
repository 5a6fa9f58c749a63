import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/base/errors.ts";
import {
  describeQueue,
  parseKeepAge,
  parseRate,
  type QueueSettings,
  readQueueSettings,
} from "../../src/queue/queue_settings.ts";

Deno.test("settings of a queue stand in a description, and are read again", () => {
  const all: QueueSettings[] = [
    { keepAge: undefined, keepSize: undefined, rate: undefined },
    { keepAge: 7 * 86_400_000, keepSize: 10 * 2 ** 30, rate: { starts: 10, within: 1000 } },
    { keepAge: 123_456, keepSize: 1_000_001, rate: { starts: 1, within: 90_500 } },
  ];
  for (const settings of all) assertEquals(readQueueSettings(describeQueue(settings)), settings);
  assertEquals(describeQueue(all[1]), "imp queue keep-age=7d keep-size=10G rate=10/1s");
});

Deno.test("a description of somebody else's sets nothing", () => {
  const nothing = { keepAge: undefined, keepSize: undefined, rate: undefined };
  for (
    const text of [undefined, "", "orders", "imp queue", "imp queue rate=fast keep-age=1s x=y"]
  ) {
    assertEquals(readQueueSettings(text), nothing);
  }
});

Deno.test("rates and ages", () => {
  assertEquals(parseRate("10/s"), { starts: 10, within: 1000 });
  assertEquals(parseRate("1/5s"), { starts: 1, within: 5000 });
  assertEquals(parseRate("100/m"), { starts: 100, within: 60_000 });
  for (const text of ["", "10", "0/s", "10/", "10/x", "10/0s", "-1/s", "1e9/s", "10000000/s"]) {
    assertThrows(() => parseRate(text), UsageError);
  }
  assertThrows(() => parseKeepAge("10s"), UsageError, "shorter than a minute");
});
