import { assertEquals } from "@std/assert";
import { UsageError } from "../../src/base/errors.ts";
import { nameOption } from "../../src/cli/name_option.ts";

Deno.test("nameOption: a message about a value says whose it is, where that is certain", () => {
  const say = (message: string, values: Record<string, string>, ...operands: string[]) =>
    nameOption(
      new UsageError(message, "a hint"),
      Object.entries(values).map(([name, text]) => ({ name, text })),
      operands,
    );
  const soon = "'soon' is not a duration";
  assertEquals(say(soon, { every: "5s", debounce: "soon" }).message, `--debounce: ${soon}`);
  assertEquals(say(soon, { debounce: "soon" }).hint, "a hint");
  assertEquals(say(soon, { stop: "TERM:soon" }).message, `--stop: ${soon}`);
  assertEquals(
    say("'' is not a size", { "log-max": "", log: "x" }).message,
    "--log-max: '' is not a size",
  );
  // A value that could belong to several options is assigned to none.
  const unclear: Record<string, string>[] = [
    { every: "soon", debounce: "soon" },
    { every: "5s" },
    {},
  ];
  for (const values of unclear) {
    assertEquals(say(soon, values).message, soon);
  }
  assertEquals(say(soon, { debounce: "soon" }, "soon").message, soon);
  assertEquals(
    say("--every soon is too long", { every: "soon" }).message,
    "--every soon is too long",
  );
});
