import { assertEquals } from "@std/assert";
import { selectNames } from "../../src/keeper/selection.ts";

const NAMES = ["api", "web@1", "web@2", "web-admin", "worker.1", "x"];
const select = (...words: string[]) => selectNames({ words, all: false }, NAMES);

Deno.test("a name means itself, or all its instances", () => {
  assertEquals(select("api"), { names: ["api"], unknown: [] });
  assertEquals(select("web"), { names: ["web@1", "web@2"], unknown: [] });
  assertEquals(select("web@2"), { names: ["web@2"], unknown: [] });
  assertEquals(select("x", "nope", "api", "x"), { names: ["x", "api"], unknown: ["nope"] });
});

Deno.test("patterns are those of a shell, and mean whole names", () => {
  assertEquals(select("web*").names, ["web@1", "web@2", "web-admin"]);
  assertEquals(select("w?b").names, ["web@1", "web@2"]);
  assertEquals(select("worker.*").names, ["worker.1"]);
  assertEquals(select("workerx*"), { names: [], unknown: ["workerx*"] });
  assertEquals(select("[ax]*").names, ["api", "x"]);
  assertEquals(select("[!a-w]").names, ["x"]);
  assertEquals(select("web@[2-9]").names, ["web@2"]);
  assertEquals(select("[", "a[p").unknown, ["[", "a[p"]);
  assertEquals(select("*").names.length, NAMES.length);
});

Deno.test("--all means every one", () => {
  assertEquals(selectNames({ words: [], all: true }, NAMES).names, NAMES);
});
