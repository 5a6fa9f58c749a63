import { assertEquals } from "@std/assert";
import {
  afterIdleLook,
  isIdleLongEnough,
  untilIdleLook,
} from "../../../src/keeper/sockets/idle.ts";

Deno.test("idle: looks come four times in its time, and only while it runs", () => {
  const settings = { onDemand: { idleMs: 4000 } };
  const until = (phase: "running" | "listening", idle?: { lookedAt: number }) =>
    untilIdleLook({ phase, idle: idle && { since: 0, cpuMs: 0, ...idle } }, settings, 5000);
  assertEquals([until("running"), until("running", { lookedAt: 4700 })], [1000, 700]);
  assertEquals([until("running", { lookedAt: 1000 }), until("listening")], [0, Infinity]);
  assertEquals(untilIdleLook({ phase: "running" }, { onDemand: {} }, 0), Infinity);
});

Deno.test("idle: a connection, or work, begins its time anew", () => {
  let idle = afterIdleLook(undefined, { now: 1000, connections: 0, cpuMs: 10 });
  const look = (now: number, connections: number, cpuMs: number) =>
    idle = afterIdleLook(idle, { now, connections, cpuMs });
  assertEquals(look(2000, 0, 11).since, 1000);
  assertEquals(isIdleLongEnough(look(5000, 0, 11), 4000), true);
  assertEquals(look(6000, 1, 11).since, 6000);
  assertEquals(look(7000, 0, 21).since, 7000);
  // Processes that have ended take their time along.
  assertEquals(look(8000, 0, 3).since, 7000);
  assertEquals(isIdleLongEnough(idle, 4000), false);
});
