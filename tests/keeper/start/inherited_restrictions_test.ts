import { assertEquals } from "@std/assert";
import { restrictionSentences } from "../../../src/keeper/start/inherited_restrictions.ts";

Deno.test("start: what the caller may not do is reported, unless it holds for everybody or was asked for", () => {
  const free = { noNewPrivs: false, seccomp: "off" } as const;
  const bound = { noNewPrivs: true, seccomp: "filter" } as const;
  assertEquals(restrictionSentences(free, free), []);
  assertEquals(restrictionSentences(bound, bound), []);
  assertEquals(restrictionSentences(bound, free).length, 2);
  assertEquals(restrictionSentences(bound, undefined).length, 2);
  assertEquals(restrictionSentences(bound, free, true), [
    "some system calls are forbidden to it: imp's caller runs under a seccomp filter",
  ]);
});
