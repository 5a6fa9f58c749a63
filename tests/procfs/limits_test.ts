import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseLimits, readLimits } from "../../src/procfs/limits.ts";
import { Unreadable } from "../../src/procfs/read.ts";
import { anyText } from "../base/any_text.ts";

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max open files            1024                 524288               files     
Max nice priority         0                    40                   
`;

Deno.test("limits by name", () => {
  const limits = parseLimits(LIMITS);
  assertEquals(limits.get("cpu"), { soft: Infinity, hard: Infinity });
  assertEquals(limits.get("nofile"), { soft: 1024, hard: 524288 });
  assertEquals(limits.get("nice"), { soft: 0, hard: 40 });
  assertEquals(limits.size, 3);
});

Deno.test("cut or odd limits are left out, never wrong", () => {
  fc.assert(fc.property(fc.nat(LIMITS.length), (length) => {
    const whole = parseLimits(LIMITS);
    for (const [name, { soft }] of parseLimits(LIMITS.slice(0, length))) {
      assertEquals(soft, whole.get(name)?.soft);
    }
  }));
  fc.assert(fc.property(anyText(), (text) => {
    parseLimits(text);
  }));
});

Deno.test("limits of this process", () => {
  const limits = readLimits(Deno.pid);
  assertEquals(limits instanceof Unreadable ? 0 : limits.size, 16);
});
