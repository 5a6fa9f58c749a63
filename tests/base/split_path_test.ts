import { assertEquals } from "@std/assert";
import { splitPath } from "../../src/base/split_path.ts";

Deno.test("splitPath: the directory and the name; a slash at the end leaves no name", () => {
  assertEquals(splitPath("/run/web.pid"), ["/run", "web.pid"]);
  assertEquals(splitPath("/web.pid"), ["/", "web.pid"]);
  assertEquals(splitPath("/run/"), ["/run", ""]);
  assertEquals(splitPath("/"), ["/", ""]);
});
