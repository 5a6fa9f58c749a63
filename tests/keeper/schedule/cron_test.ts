import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../../src/base/errors.ts";
import { checkCron, cronTimes } from "../../../src/keeper/schedule/cron.ts";
import { runs } from "../../property_runs.ts";

const BERLIN = "Europe/Berlin", NEW_YORK = "America/New_York";
const MINUTE = 60_000, HOUR = 60 * MINUTE;

/** The times from one moment to another, one after the other as a keeper asks for them. */
function timesIn(line: string, zone: string, from: string, to: string): string[] {
  const times = cronTimes(line, zone);
  const found: string[] = [];
  let now = Date.parse(from);
  for (let next = times.after(now, now)!; next < Date.parse(to); next = times.after(now, now)!) {
    found.push(new Date(next).toISOString().slice(0, 16));
    now = next;
  }
  return found;
}

Deno.test("cron: a time that the clock leaps over comes once, as soon as it has", () => {
  // 02:00 becomes 03:00 in Berlin at 01:00 UTC, in New York at 07:00 UTC.
  const berlin = ["2026-03-28T12:00Z", "2026-03-30T12:00Z"] as const;
  const later = "2026-03-30T00:30";
  assertEquals(timesIn("30 2 * * *", BERLIN, ...berlin), ["2026-03-29T01:00", later]);
  assertEquals(timesIn("0,30 2 * * *", BERLIN, ...berlin), [
    ...["2026-03-29T01:00", "2026-03-30T00:00", later],
  ]);
  assertEquals(timesIn("*/30 2 * * *", BERLIN, ...berlin), [
    ...["2026-03-29T01:00", "2026-03-30T00:00", later],
  ]);
  assertEquals(timesIn("10 2 * * *", NEW_YORK, "2026-03-07T12:00Z", "2026-03-09T12:00Z"), [
    "2026-03-08T07:00",
    "2026-03-09T06:10",
  ]);
});

Deno.test("cron: a time that the clock shows twice comes once", () => {
  const berlin = ["2026-10-24T12:00Z", "2026-10-26T12:00Z"] as const;
  assertEquals(timesIn("30 2 * * *", BERLIN, ...berlin), ["2026-10-25T00:30", "2026-10-26T01:30"]);
  assertEquals(timesIn("*/30 2 * * *", BERLIN, ...berlin), [
    ...["2026-10-25T00:00", "2026-10-25T00:30", "2026-10-26T01:00", "2026-10-26T01:30"],
  ]);
  assertEquals(timesIn("30 1 * * *", NEW_YORK, "2026-10-31T12:00Z", "2026-11-02T12:00Z"), [
    "2026-11-01T05:30",
    "2026-11-02T06:30",
  ]);
});

Deno.test("cron: steps and ranges within given hours are as fixed as the list that they stand for", () => {
  const lines = [
    ["0-59/10 2 * * *", "0,10,20,30,40,50 2 * * *"],
    ["1-59/20 2 * * *", "1,21,41 2 * * *"],
    ["*/45,50 2 * * *", "0,45,50 2 * * *"],
    ["*/30 1-3/2 * * *", "0,30 1,3 * * *"],
    ["? 2 * * *", "0-59 2 * * *"],
  ];
  const changes = [
    [BERLIN, "2026-03-28T12:00Z", "2026-03-30T12:00Z"],
    [BERLIN, "2026-10-24T12:00Z", "2026-10-26T12:00Z"],
    ["Antarctica/Troll", "2026-03-28T12:00Z", "2026-03-30T12:00Z"],
    ["Antarctica/Troll", "2026-10-24T12:00Z", "2026-10-26T12:00Z"],
    ["Australia/Lord_Howe", "2026-10-02T12:00Z", "2026-10-05T12:00Z"],
  ];
  for (const [line, list] of lines) {
    for (const [zone, from, to] of changes) {
      const listed = timesIn(list, zone, from, to);
      assertEquals(timesIn(line, zone, from, to), listed, `${line} ${zone} ${from}`);
    }
  }
});

Deno.test("cron: what comes each hour, or more often, follows the time that passes", () => {
  const days = [
    ["2026-03-28T12:00Z", "2026-03-30T12:00Z"],
    [
      "2026-10-24T12:00Z",
      "2026-10-26T12:00Z",
    ],
    ["2026-03-07T12:00Z", "2026-03-09T12:00Z"],
    ["2026-10-31T12:00Z", "2026-11-02T12:00Z"],
  ];
  for (const zone of [BERLIN, NEW_YORK]) {
    for (
      const [line, step] of [["*/20 * * * *", 20], ["0 * * * *", 60], ["0,15,30,45 * * * *", 15]]
    ) {
      for (const [from, to] of days) {
        const found = timesIn(line as string, zone, from, to).map((time) => Date.parse(`${time}Z`));
        const steps = new Set(found.slice(1).map((time, i) => time - found[i]));
        assertEquals([...steps], [Number(step) * MINUTE], `${line} ${zone} ${from}`);
      }
    }
  }
});

Deno.test("cron: each day has its time, whenever it is asked for, and no more than one", () => {
  const zone = fc.constantFrom(BERLIN, NEW_YORK, "Australia/Lord_Howe", "UTC", "Asia/Kathmandu");
  const moment = fc.integer({ min: Date.parse("2024-01-01"), max: Date.parse("2030-01-01") });
  const clock = fc.record({ hour: fc.nat(23), minute: fc.nat(59) });
  fc.assert(
    fc.property(zone, moment, clock, (timezone, now, { hour, minute }) => {
      const times = cronTimes(`${minute} ${hour} * * *`, timezone);
      const first = times.after(now, now)!;
      const second = times.after(first, first)!;
      assert(first > now && first <= now + 25 * HOUR, "not lost");
      assert(second - first >= 22 * HOUR && second - first <= 26 * HOUR, "not twice");
      // A turn that looks between the two gets the same answer.
      assertEquals(times.after(first + 1, first), second);
      assertEquals(times.after(second - 1, first), second);
    }),
    runs(200),
  );
});

Deno.test("cron: a clock that is set back by some seconds does not repeat a time", () => {
  const times = cronTimes("0 3 * * *", "UTC");
  const came = Date.parse("2026-05-01T03:00Z");
  assertEquals(times.after(came - 2000, came), came + 24 * HOUR);
  // By a day: another day is another day.
  assertEquals(times.after(came - 24 * HOUR - 5000, came), came - 24 * HOUR);
});

Deno.test("cron: names, lists, the last day, nicknames", () => {
  const first = (line: string) =>
    new Date(cronTimes(line, "UTC").after(Date.parse("2026-11-01T04:20Z"), 0)!).toISOString();
  assertEquals(first("0 3 * dec mon").slice(0, 16), "2026-12-07T03:00");
  assertEquals(first("0 3 * * 7").slice(0, 16), "2026-11-08T03:00");
  assertEquals(first("0 3 L * *").slice(0, 16), "2026-11-30T03:00");
  assertEquals(first("0 0 13 * 5").slice(0, 16), "2026-11-06T00:00");
  assertEquals(first("@daily").slice(0, 16), "2026-11-02T00:00");
  assertEquals(first("  5\t4  * * * ").slice(0, 16), "2026-11-02T04:05");
});

Deno.test("cron: a day that begins with * holds together with the other one, as in crontab(5)", () => {
  const days = (line: string) =>
    timesIn(line, "UTC", "2026-12-01T00:01Z", "2027-01-31T00:00Z").map((time) => time.slice(5, 10));
  const firstSundays = ["12-06", "01-03"];
  assertEquals(days("0 0 1-7 * */7"), firstSundays);
  assertEquals(days("0 0 */31,2-7 * 7"), ["12-06", "01-03"]);
  assertEquals(days("0 0 */2 * 1"), ["12-07", "12-21", "01-11", "01-25"]);
  assertEquals(days("0 0 13 * 7").length, 9);
});

Deno.test("cron: what other programs take is refused with what to write here", () => {
  const hint = (line: string) =>
    assertThrows(() => checkCron(line, undefined, 0), UsageError).hint ?? "";
  assertStringIncludes(hint("@reboot"), "imp boot");
  assertEquals(hint("@every 1h30m"), "write --every 1h30m");
  const zone = "write --cron '0 3 * * *' --timezone Europe/Berlin";
  assertEquals(hint("CRON_TZ=Europe/Berlin 0 3 * * *"), zone);
  assertEquals(hint("TZ=Europe/Berlin 0 3 * * *"), zone);
});

Deno.test("cron: what means nothing is refused with the reason", () => {
  const now = Date.parse("2026-11-01T04:20Z");
  const refused = (line: string, zone?: string) =>
    assertThrows(() => checkCron(line, zone, now), UsageError).message;
  assertStringIncludes(refused("* * * * * *"), "has 6 fields");
  assertStringIncludes(refused("0 0 31 2 *"), "never comes");
  assertStringIncludes(refused("0 0 31 4,6,9,11 *"), "never comes");
  checkCron("0 0 29 2 *", "UTC", now);
  for (const zone of ["Mars/Olympus", "+02:00", "", "Europe/Berlín"]) {
    assertStringIncludes(refused("0 3 * * *", zone), "is not known");
  }
  const wrong = [
    "",
    "  ",
    "@reboot",
    "@every 5m",
    "* * *",
    "61 * * * *",
    "0 24 * * *",
    "a b c d e",
  ];
  const more = [
    "*/0 * * * *",
    "*/99 2 * * *",
    "0 0 0 * *",
    "0 0 * 13 *",
    "0 0 * * 8",
    "5-1 * * * *",
  ];
  for (const line of [...wrong, ...more, "2026-12-01T00:00:00", "0 0 1 1 * 2030", "-1 * * * *"]) {
    assertStringIncludes(refused(line), `--cron '${line}'`);
  }
  assert(!refused("61 * * * *").includes("CronPattern"));
});
