import { assertEquals } from "@std/assert";
import { localTime } from "../../src/libc/time.ts";

Deno.test("local time as in the runtime's Date, in winter and summer, before 1970 and far ahead", () => {
  const two = (n: number) => String(n).padStart(2, "0");
  for (const ms of [0, -1, 1_700_000_000_999, 1_720_000_000_000, -86_400_000 * 400, 4e12]) {
    const at = new Date(Math.floor(ms / 1000) * 1000);
    const date = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(two).join("-");
    const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
    assertEquals(localTime(ms), `${date} ${time}`);
  }
});
