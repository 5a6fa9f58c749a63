import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../src/commands/registry.ts";
import { VERSION } from "../../src/version.ts";

const main = new URL("../../main.ts", import.meta.url).pathname;

/** Runs imp from source. */
function imp(...words: string[]): { code: number; stdout: string; stderr: string } {
  const args = ["run", "-A", "--quiet", "--no-check", main, ...words];
  const { code, stdout, stderr } = new Deno.Command(Deno.execPath(), { args }).outputSync();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("the version goes to standard output", () => {
  for (const word of ["--version", "-V"]) {
    assertEquals(imp(word), { code: 0, stdout: `imp ${VERSION}\n`, stderr: "" });
  }
});

Deno.test("help is to be had in every usual way, and is one page", () => {
  const general = imp("--help");
  assertEquals([general.code, general.stderr], [0, ""]);
  assertMatch(general.stdout, /^imp: .*\n[^]*\nDaemons:\n {2}daemon /);
  assertEquals(imp("-h").stdout, general.stdout);
  assertEquals(imp("help").stdout, general.stdout);
  const [{ name, summary }] = COMMANDS;
  const page = imp(name, "--help");
  assertEquals([page.code, page.stderr], [0, ""]);
  assertStringIncludes(page.stdout, `imp ${name}: ${summary}\n\nUsage:\n`);
  for (const words of [["help", name], [name, "-h"], [name, "-q", "--help"]]) {
    assertEquals(imp(...words).stdout, page.stdout, words.join(" "));
  }
});

Deno.test("options of every command may stand before its name", () => {
  const colored = imp("--color", "always", "doctor", "--help").stdout;
  assertStringIncludes(colored, "\x1b[1mUsage:");
  assertEquals(imp("--color=always", "help", "doctor").stdout, colored);
  assertEquals(imp("doctor", "--help", "--color", "always").stdout, colored);
  assertEquals(imp("-q", "tree").stdout, "");
  assertStringIncludes(
    imp("--color", "blue", "tree").stderr,
    "imp tree: --color must be auto, always",
  );
});

Deno.test("the version, with what imp was made from", () => {
  assertEquals(imp("version").stdout, `imp ${VERSION}\n`);
  const long = imp("--version", "--verbose").stdout;
  assertMatch(long, /^imp .*\ncommit +unknown\ntarget +source\n/);
  assertEquals(imp("version", "--verbose").stdout, long);
  assertEquals(JSON.parse(imp("version", "--json").stdout).version, VERSION);
});

Deno.test("help is help even when the rest of the line is wrong", () => {
  assertEquals(imp("daemon", "--help", "--bogus").code, 0);
  // But what belongs to PROGRAM is not for imp.
  assertEquals(imp("daemon", "--", "/nonexistent", "--help").code, 127);
});

Deno.test("no command, or one that does not exist", () => {
  assertEquals(imp(), { code: 0, stdout: imp("--help").stdout, stderr: "" });
  const mistyped = imp("deamon", "true");
  assertEquals(mistyped.code, 2);
  assertEquals(
    mistyped.stderr,
    "imp: unknown command 'deamon'\n  did you mean daemon?\n  see 'imp --help'\n",
  );
  assertStringIncludes(imp("--bogus").stderr, "unknown option '--bogus'");
});

Deno.test("a command that is imp's own is found by nobody's mistake", () => {
  for (const { name, hidden } of COMMANDS) {
    if (hidden) assertEquals(imp(`${name}x`).stderr.includes(name + "?"), false);
  }
});

Deno.test("a wrong option names itself and the nearest one", () => {
  const { code, stdout, stderr } = imp("daemon", "--pid-file", "x", "--", "true");
  assertEquals([code, stdout], [2, ""]);
  assertEquals(
    stderr,
    "imp daemon: unknown option --pid-file\n  did you mean --pidfile?\n  see 'imp daemon --help'\n",
  );
});

Deno.test("what could not be written was not told: the exit status says so", () => {
  const script = `exec "$0" run -A --quiet --no-check "$1" --version >/dev/full`;
  const { code, stderr } = new Deno.Command("sh", { args: ["-c", script, Deno.execPath(), main] })
    .outputSync();
  assertEquals(code, 125);
  assertEquals(
    new TextDecoder().decode(stderr),
    "imp: cannot write to standard output: ENOSPC (no space left on device)\n",
  );
});
