import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/base/errors.ts";
import { parseCommandLine } from "../../../src/cli/parse.ts";
import { withCommand } from "../../../src/commands/with/command.ts";
import { withRequest } from "../../../src/commands/with/request.ts";

function settings(...words: string[]) {
  const { values, operands } = parseCommandLine(withCommand, words);
  return withRequest(values, operands).settings;
}

Deno.test("with: --ready and --name belong to the helper before them", () => {
  const { helpers } = settings(
    ...["--daemon", "./bin/db -p 1", "--ready", "tcp:1", "--ready=notify", "--plain", "sleep 1"],
    ...["--name", "nap", "--daemon", "A=1 B='2 3' ./db", "--", "main"],
  );
  assertEquals(helpers, [
    {
      kind: "daemon",
      name: "db",
      words: ["./bin/db", "-p", "1"],
      environment: [],
      ready: [{ kind: "tcp", host: "localhost", port: 1 }, { kind: "notify" }],
    },
    { kind: "plain", name: "nap", words: ["sleep", "1"], environment: [], ready: [] },
    {
      kind: "daemon",
      name: "db.2",
      words: ["./db"],
      environment: ["A=1", "B=2 3"],
      ready: [],
    },
  ]);
});

Deno.test("with: --shell makes scripts of all, named by their first word", () => {
  const { helpers } = settings(
    "--shell",
    "--daemon",
    "tail -F x | grep y",
    "--plain",
    "(a; b)",
    "main",
  );
  assertEquals(helpers.map(({ name, words }) => [name, ...words]), [
    ["tail", "/bin/sh", "-c", "tail -F x | grep y"],
    ["sh", "/bin/sh", "-c", "(a; b)"],
  ]);
});

Deno.test("with: what stays as it is", () => {
  const { program, helpers, ...rest } = settings("prog", "--daemon", "x");
  assertEquals(program, ["prog", "--daemon", "x"]);
  assertEquals(helpers, []);
  assertEquals(rest, {
    readyTimeoutMs: 30_000,
    inOrder: false,
    noChildren: false,
    failFast: false,
    stopTimeoutMs: 10_000,
    output: "stderr",
  });
});

Deno.test("with: wrong usage is reported", () => {
  const wrong: [string[], string][] = [
    [[], "no program given"],
    [["--daemon", "x"], "no program given"],
    [["--ready", "tcp:1", "--daemon", "x", "y"], "precedes every helper"],
    [["--daemon", "", "y"], "names no program"],
    [["--daemon", "A=1", "y"], "names no program"],
    [["--daemon", "'' x", "y"], "names no program"],
    [["--shell", "--daemon", "  ", "y"], "names no program"],
    [["--daemon", "x | y", "y"], "a shell would interpret"],
    [["--daemon", "x", "--name", "a b", "y"], "is not a valid name"],
    [["--daemon", "x", "--ready", "soon", "y"], "is not a readiness rule"],
    [["--stop-timeout", "soon", "y"], "is not a duration"],
    [["--log", "f", "--quiet-helpers", "y"], "cannot be used together"],
  ];
  for (const [words, reason] of wrong) assertThrows(() => settings(...words), UsageError, reason);
});
