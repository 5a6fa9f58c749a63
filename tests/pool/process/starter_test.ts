import { assertEquals } from "@std/assert";
import { StartPatience } from "../../../src/pool/process/starter.ts";

Deno.test("a pool waits for its own jobs forever, and for others for a minute", () => {
  const patience = new StartPatience();
  assertEquals(patience.isOver("EAGAIN", 1, 0), false);
  assertEquals(patience.isOver("EAGAIN", 1, 1e9), false);
  assertEquals(patience.isOver("EAGAIN", 0, 1e9), false);
  assertEquals(patience.isOver("EAGAIN", 0, 1e9 + 59_999), false);
  assertEquals(patience.isOver("EAGAIN", 0, 1e9 + 60_000), true);
  patience.restore();
  assertEquals(patience.isOver("EAGAIN", 0, 2e9), false);
});

Deno.test("without jobs nobody gives descriptors back", () => {
  const patience = new StartPatience();
  assertEquals(patience.isOver("EMFILE", 0, 100), false);
  assertEquals(patience.isOver("EMFILE", 0, 2100), true);
});
