import { otherHint, otherName } from "../../src/cli/other_names.ts";
import { nearestWord } from "../../src/cli/report.ts";
import { assertEquals, assertMatch } from "@std/assert";

const root = new URL("../../", import.meta.url);

/** Reports `error`, an expression, in a process of its own: what is reported goes to its standard error. */
function report(
  error: string,
  where = "imp daemon",
): { code: number; stdout: string; text: string } {
  const script = `
    import { ImpError, UsageError } from ${JSON.stringify(new URL("src/base/errors.ts", root))};
    import { UnknownWord } from ${JSON.stringify(new URL("src/cli/parse.ts", root))};
    import { reportError } from ${JSON.stringify(new URL("src/cli/report.ts", root))};
    Deno.exit(await reportError(${error}, "${where}"));`;
  const args = ["eval", "--quiet", "--ext=ts", script];
  const { code, stdout, stderr } = new Deno.Command(Deno.execPath(), { args, cwd: root })
    .outputSync();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), text: decoder.decode(stderr) };
}

Deno.test("a failure that was foreseen: its text, details and hint, and its exit status", () => {
  const { code, stdout, text } = report(`new ImpError({
    action: "lock", object: "/run/imp/web.pid", errno: "EWOULDBLOCK", why: "held by pid 412",
    details: ["  since noon"], hint: "stop it first", exit: 125 })`);
  assertEquals([code, stdout], [125, ""]);
  assertEquals(
    text,
    "imp daemon: cannot lock /run/imp/web.pid: EWOULDBLOCK (held by pid 412)\n" +
      "  since noon\n  stop it first\n",
  );
});

Deno.test("control characters in names do not reach the terminal", () => {
  const { text } = report(
    `new ImpError({ action: "open", object: "a\\x1b]0;x\\x07\\nb", errno: "ENOENT" })`,
  );
  assertEquals(text, "imp daemon: cannot open a\\e]0;x\\x07\\nb: ENOENT\n");
});

Deno.test("wrong usage: what is wrong, a hint, where to read more, and exit status 2", () => {
  const { code, text } = report('new UsageError("no program given", "for example: true")');
  assertEquals(code, 2);
  assertEquals(
    text,
    "imp daemon: no program given\n  for example: true\n  see 'imp daemon --help'\n",
  );
});

Deno.test("a mistyped word: the nearest known one is suggested, when it is near", () => {
  const known = '["--pidfile", "--chdir", "--stdout", "--quiet", "--json"]';
  const suggested = (word: string) =>
    report(`new UnknownWord("unknown option", ${JSON.stringify(word)}, ${known})`).text.split("\n")[
      1
    ];
  assertEquals(suggested("--pid-file"), "  did you mean --pidfile?");
  assertEquals(suggested("--sdtout"), "  did you mean --stdout?");
  assertEquals(suggested("--completely-different"), "  see 'imp daemon --help'");
  assertEquals(suggested("-x"), "  see 'imp daemon --help'");
});

Deno.test("anything else is a fault of imp: exit status 125, with a trace to report", () => {
  const { code, text } = report('new TypeError("x is undefined")');
  assertEquals(code, 125);
  assertMatch(
    text,
    /^imp daemon: internal error, please report it\nTypeError: x is undefined\n +at /,
  );
  assertEquals(report('"only a string"').text.endsWith("\nonly a string\n"), true);
});

Deno.test("the options and commands of other tools are known by their names", () => {
  assertEquals(otherName("--eta", ["--progress", "--tty"]), "--progress");
  assertEquals(otherName("--kill", ["--all", "--end"]), "--end");
  assertEquals(otherName("--kill", ["--all"]), undefined);
  assertEquals(otherName("xargs", ["list", "pool"]), "pool");
  assertEquals(otherName("constructor", ["list"]), undefined);
});

Deno.test("a mistyped word of another tool means imp's", async () => {
  const options = ["--progress", "--jobs", "--pidfile", "--now"];
  assertEquals(await nearestWord("--etaa", options), "--progress");
  assertEquals(await nearestWord("--max-proc", options), "--jobs");
  assertEquals(await nearestWord("--job", options), "--jobs", "imp's own come first");
  assertEquals(await nearestWord("-8", options), undefined, "and not -9");
  assertEquals(await nearestWord("--etaa", ["--jobs"]), undefined);
  assertEquals(await nearestWord("paralel", ["list", "pool"]), "pool");
  const { text } = report('new UnknownWord("unknown option", "--nam", ["--nice"])', "imp start");
  assertMatch(text, /the name comes first: imp start NAME/);
});

Deno.test("words of other tools that no single word of imp's replaces have a sentence", () => {
  assertEquals(otherHint("imp", "restart-all"), "did you mean imp restart --all?");
  assertEquals(otherHint("imp", "stopall"), "did you mean imp stop --all?");
  assertMatch(otherHint("imp", "kill")!, /imp stop NAME .*imp signal NAME SIGNAL/);
  assertMatch(otherHint("imp daemon", "--respawn")!, /imp start NAME -- PROGRAM/);
  assertMatch(otherHint("imp start", "--name")!, /imp start NAME -- PROGRAM/);
  assertEquals(otherHint("imp pool", "--name"), undefined);
  assertEquals(otherHint("imp start", "restart-all"), undefined);
});
