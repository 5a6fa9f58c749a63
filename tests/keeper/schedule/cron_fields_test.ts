import { assertEquals } from "@std/assert";
import { mistakeInFields } from "../../../src/keeper/schedule/cron_fields.ts";

Deno.test("fields of a crontab's line: what is wrong with one", () => {
  const told: Record<string, string | undefined> = {
    "30 3 * * 1-5": undefined,
    "*/5,7 0-23/2 1,31 jan-MAR SUN,7": undefined,
    "60 * * * *": "minute 60 is not from 0 to 59",
    "0 24 * * *": "hour 24 is not from 0 to 23",
    "0 0 0 * *": "day 0 is not from 1 to 31",
    "0 0 1 13 *": "month 13 is not from 1 to 12",
    "0 0 * * 8": "weekday 8 is not from 0 to 7",
    "5-1 * * * *": "minute '5-1' ends before it begins",
    "0,,5 * * * *": "minute '0,,5' has nothing between two commas",
    "*/0 * * * *": "the step of minute '*/0' is not from 1 to 59",
    "* */24 * * *": "the step of hour '*/24' is not from 1 to 23",
    "~ * * * *": "minute '~' is neither a number nor a range, as in 1-5",
    "0 0 * * MONDAY": "weekday 'MONDAY' is neither a number, a name nor a range, as in 1-5",
    "1-2-3 * * * *": "minute '1-2-3' is neither a number nor a range, as in 1-5",
    "5/15 * * * *": "minute '5/15' has a step, but no range: write 5-59/15",
    "-1 * * * *": "minute '-1' is neither a number nor a range, as in 1-5",
  };
  for (const [line, mistake] of Object.entries(told)) {
    assertEquals(mistakeInFields(line), mistake, line);
  }
});
