import { assert, assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../src/hosts/frames.ts";
import {
  CREDIT_WINDOW,
  type GivenJob,
  JOB_PACE,
  PoolHost,
  RECORD_PACE,
} from "../../../src/hosts/client/pool_host.ts";

function host(slots: number, pace = JOB_PACE, kind: "local" | "bridge" = "local"): PoolHost {
  const spec = { name: "a@web1", host: "web1", way: { kind, words: [] }, groups: [] } as const;
  const settings = {
    ssh: ["ssh"],
    timeout: 1,
    version: "1",
    images: [],
    own: () => ["imp"],
    packers: [],
  };
  const one = new PoolHost(spec, settings, pace);
  one.state = "ready";
  one.slots = slots;
  return one;
}

Deno.test("PoolHost: jobs are given ahead where they are short, and not where they are long", () => {
  const one = host(4);
  assertEquals([one.room(true), one.room(false)], [4, 4]);
  for (let i = 0; i < 50; i++) one.took(1);
  assert(one.room(true) > 8 && one.room(true) < 40, `${one.room(true)}`);
  assertEquals(one.room(false), 4);
  for (let i = 0; i < 50; i++) one.took(10_000);
  assertEquals(one.room(true), 4);
  one.give({ id: 1, sent: 0 } as GivenJob);
  assertEquals([one.room(true), one.running], [3, 1]);
  one.isHeld = true;
  assertEquals(one.room(true), 0);
  one.isHeld = false;
  one.state = "leaving";
  assertEquals(one.room(true), 0);
});

Deno.test("PoolHost: output is granted again in large pieces, and one that sends far more is given up", () => {
  const one = host(1);
  one.beginCredit();
  assertEquals(one.grant(), 0);
  one.takes(CREDIT_WINDOW / 8);
  assertEquals(one.grant(), 0);
  one.takes(CREDIT_WINDOW / 8);
  assertEquals([one.grant(), one.grant()], [CREDIT_WINDOW / 4, 0]);
  assertThrows(() => {
    for (let sent = 0; sent < 128 << 20; sent += 1 << 20) one.takes(1 << 20);
  }, ProtocolError);
});

Deno.test("PoolHost: times of jobs are on the client's clock, whatever the host's says, and also when one of them is set", () => {
  const HOUR = 3_600_000;
  for (const ahead of [0, HOUR, -HOUR]) {
    const one = host(1);
    /** A job that is sent, runs 5 ms later for a second, and is reported 7 ms after its end. */
    const run = (sentAt: number, clock: number) => {
      const { startedAt, endedAt } = one.timesOf(
        sentAt + 1005 + clock,
        1000,
        sentAt,
        sentAt + 1012,
      );
      assertEquals(endedAt - startedAt, 1000);
      assert(startedAt >= sentAt && endedAt <= sentAt + 1012, `${startedAt - sentAt}`);
    };
    run(HOUR, ahead);
    run(2 * HOUR, ahead);
    // The host's clock is set, forwards and back; then the client's.
    run(3 * HOUR, ahead + 500);
    run(4 * HOUR, ahead - HOUR);
    run(HOUR, ahead - HOUR);
  }
});

Deno.test("PoolHost: what a bridge tells may have been before it was asked for", () => {
  const one = host(1, JOB_PACE, "bridge");
  assertEquals(one.timesOf(9000, 1000, 9500, 9900), { startedAt: 8900, endedAt: 9900 });
  assertEquals(one.timesOf(9950, 0, 9940, 9960).startedAt, 9960);
  assertEquals(one.timesOf(5000, 1000, 9970, 9980).startedAt, 4010);
});

Deno.test("PoolHost: of short records it has many, but not more bytes than are good for anybody", () => {
  const one = host(2, RECORD_PACE);
  for (let i = 0; i < 50; i++) one.took(0.01);
  assert(one.room(true) > 500, `${one.room(true)}`);
  const large = { id: 1, sent: 1 << 20 } as GivenJob;
  one.give(large);
  assertEquals(one.room(true), 1);
  one.release(large);
  one.release(large);
  assert(one.room(true) > 500);
});
