import { assertEquals } from "@std/assert";
import { downCommand } from "../../../src/commands/down/command.ts";
import { upCommand } from "../../../src/commands/up/command.ts";
import { assertRefused, requestBy } from "../asking.ts";

const display = { json: false, quiet: false, color: undefined };

Deno.test("imp up: the file, profiles, names, and what is done", () => {
  assertEquals(requestBy(upCommand), {
    ...{ names: [], file: undefined, profiles: [], does: "start", wait: true, display },
  });
  assertEquals(requestBy(upCommand, "web", "-f", "x.toml", "-P", "a", "--profile=b", "api"), {
    ...{ names: ["web", "api"], file: "x.toml", profiles: ["a", "b"] },
    ...{ does: "start", wait: true, display },
  });
  assertEquals(requestBy(upCommand, "-n").does, "show the plan");
  assertEquals(requestBy(upCommand, "--schema").does, "print the schema");
  assertEquals(requestBy(upCommand, "--no-wait").wait, false);
  assertRefused(upCommand, [
    ["--schema web", "--schema stands alone"],
    ["--schema -n", "--schema stands alone"],
    ["--schema -f x", "--schema stands alone"],
    ["-f ''", "--file must not be empty"],
    ["''", "a name must not be empty"],
  ]);
});

Deno.test("imp down: the file, names, and how long they may take", () => {
  assertEquals(requestBy(downCommand, "web", "-t", "3s"), {
    ...{ names: ["web"], file: undefined, grace: { ms: 3000 }, display },
  });
  assertEquals(requestBy(downCommand, "--now", "-f", "Procfile").grace, "none");
  assertRefused(downCommand, [
    ["--now -t 3s", "--now and --timeout cannot be used together"],
    ["--file=", "--file must not be empty"],
  ]);
});
