import { assertEquals } from "@std/assert";
import { mostConnections } from "../../../src/hosts/client/connection_room.ts";

Deno.test("open files tell how many hosts may be connected to; one always", () => {
  assertEquals([16, 64, 1024].map(mostConnections), [1, 8, 248]);
  assertEquals(mostConnections(Infinity), Infinity);
});
