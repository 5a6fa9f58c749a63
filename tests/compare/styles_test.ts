import { assertEquals } from "@std/assert";
import { lacks, shownLine, STYLES, typedLine, wrapperWords } from "../../src/compare/styles.ts";

const launch = { tag: "abc.style", program: ["/bin/my prog", "it's"], imp: ["/opt/imp"] };

Deno.test("typedLine: what is typed for each style", () => {
  const program = `'/bin/my prog' 'it'\\''s'`;
  assertEquals(STYLES.map((style) => typedLine(style, launch)), [
    `IMP_COMPARE=abc.style ${program}`,
    `IMP_COMPARE=abc.style ${program} &`,
    `IMP_COMPARE=abc.style nohup ${program} &`,
    `(IMP_COMPARE=abc.style ${program} &)`,
    `IMP_COMPARE=abc.style ${program} & disown`,
    `IMP_COMPARE=abc.style setsid ${program}`,
    `IMP_COMPARE=abc.style /opt/imp daemon -- ${program}`,
  ]);
});

Deno.test("shownLine: what the user would type", () => {
  assertEquals(shownLine("subshell"), "(PROGRAM &)");
  assertEquals(shownLine("daemon"), "imp daemon -- PROGRAM");
});

Deno.test("wrapperWords: who is not yet the program", () => {
  assertEquals(wrapperWords("background", launch), undefined);
  assertEquals(wrapperWords("nohup", launch), ["nohup", "/bin/my prog", "it's"]);
  assertEquals(wrapperWords("daemon", launch)?.slice(0, 3), ["/opt/imp", "daemon", "--"]);
});

Deno.test("lacks: only dash has no disown", () => {
  assertEquals(lacks("dash", "disown"), "dash has no disown");
  assertEquals(lacks("bash", "disown"), undefined);
  assertEquals(lacks("dash", "nohup"), undefined);
});
