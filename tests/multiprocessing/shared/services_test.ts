import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { BarrierService } from "../../../src/multiprocessing/shared/barrier.ts";
import { EventService } from "../../../src/multiprocessing/shared/event.ts";
import {
  RLockService,
  SemaphoreService,
} from "../../../src/multiprocessing/shared/lock_services.ts";
import { call, type FakeCall, holder } from "./fake_calls.ts";

Deno.test("semaphore: first come, first served", () => {
  const service = new SemaphoreService(1, "lock");
  const [a, b, c] = [holder(), holder(), holder()];
  assertEquals(call(service, a, "acquire").answers, [true]);
  const second = call(service, b, "acquire"), third = call(service, c, "acquire");
  assertEquals(call(service, c, "acquire", false).answers, [false]);
  call(service, a, "release");
  assertEquals([second.answers, third.answers], [[true], []]);
  service.cancel(third);
  service.cancel(second);
  assertEquals([second.answers, third.answers], [[true], [false]]);
  call(service, b, "release");
  assertEquals(call(service, b, "release").answers, ["RangeError"]);
});

Deno.test("semaphore: the permits of the dead go to those who wait, who learn of it", () => {
  const service = new SemaphoreService(2, "semaphore");
  const [a, b] = [holder(), holder()];
  call(service, a, "acquire");
  call(service, a, "acquire");
  const waits = [1, 2, 3].map(() => call(service, b, "acquire"));
  service.gone(a, false);
  assertEquals(waits.map(({ answers }) => answers), [[a.pid], [a.pid], []]);
});

Deno.test("locks: who acquires after a death learns of it, also where nobody waited then, and nobody else", () => {
  for (const service of [new SemaphoreService(1, "lock"), new RLockService()]) {
    const [a, b, c] = [holder(), holder(), holder()];
    call(service, a, "acquire");
    service.gone(a, false);
    assertEquals(call(service, b, "acquire").answers, [a.pid]);
    call(service, b, "release");
    assertEquals(call(service, c, "acquire", false).answers, [true]);
  }
});

Deno.test("condition: of a death the first one learns that acquires, not who returns from wait", () => {
  const service = new RLockService();
  const [sleeper, dead, next] = [holder(), holder(), holder()];
  call(service, sleeper, "acquire");
  const wait = call(service, sleeper, "wait");
  call(service, dead, "acquire");
  call(service, dead, "notify", 1);
  service.gone(dead);
  assertEquals(wait.answers, [true]);
  call(service, sleeper, "release");
  assertEquals(call(service, next, "acquire").answers, [dead.pid]);
});

Deno.test("semaphore: an orderly end takes the permits along, but never a lock", () => {
  for (const kind of ["semaphore", "bounded", "lock"] as const) {
    const service = new SemaphoreService(1, kind);
    const a = holder();
    call(service, a, "acquire");
    service.gone(a, true);
    assertEquals(call(service, holder(), "value").answers, [kind === "lock" ? 1 : 0]);
  }
});

Deno.test("semaphore: what one gives and another takes is not given back twice", () => {
  // The producer of a bounded buffer: it takes room, and the consumer gives room.
  const room = new SemaphoreService(2, "semaphore"), items = new SemaphoreService(0, "semaphore");
  const [producer, consumer] = [holder(), holder()];
  for (let i = 0; i < 10; i++) {
    assertEquals(call(room, producer, "acquire", false).answers, [true]);
    call(items, producer, "release");
    assertEquals(call(items, consumer, "acquire", false).answers, [true]);
    call(room, consumer, "release");
  }
  for (const service of [room, items]) {
    [producer, consumer].forEach((one) => service.gone(one, false));
  }
  assertEquals(call(room, holder(), "value").answers, [2]);
  assertEquals(call(items, holder(), "value").answers, [0]);
});

Deno.test("property: a lock has at most one holder, and somebody has it while any waits", () => {
  const step = fc.tuple(fc.constantFrom("acquire", "release", "die", "cancel"), fc.nat(2));
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const service = new SemaphoreService(1, "lock");
    const holders = [holder(), holder(), holder()];
    const pending: FakeCall[] = [];
    let taken = 0;
    for (const [what, who] of steps) {
      const one = holders[who];
      const held = taken;
      if (what === "acquire") pending.push(call(service, one, "acquire"));
      if (what === "release" && held > 0) {
        taken--;
        call(service, one, "release");
      }
      if (what === "cancel") {
        pending.filter((call) => call.holder === one).forEach((call) => service.cancel(call));
      }
      if (what === "die") {
        service.gone(one, false);
        holders[who] = holder();
      }
      for (const waits of [...pending]) {
        assert(waits.answers.length <= 1);
        const dead = !holders.includes(waits.holder as typeof one);
        if (waits.answers.length === 0 && !dead) continue;
        pending.splice(pending.indexOf(waits), 1);
        if (waits.answers[0] !== false && waits.answers.length > 0) taken++;
      }
      const [value] = call(service, holder(), "value").answers as number[];
      assert(value >= 0 && value <= 1);
      assert(value === 0 || pending.length === 0, "it is free, and somebody waits");
      taken = 1 - value;
    }
  }));
});

Deno.test("recursive lock: as often released as acquired", () => {
  const service = new RLockService();
  const [a, b] = [holder(), holder()];
  const sameThread = holder({ pid: a.pid, thread: a.thread });
  call(service, a, "acquire");
  assertEquals(call(service, sameThread, "acquire").answers, [true]);
  const waits = call(service, b, "acquire");
  call(service, a, "release");
  assertEquals(waits.answers, []);
  assertEquals(call(service, b, "release").answers, ["RangeError"]);
  call(service, sameThread, "release");
  assertEquals(waits.answers, [true]);
  service.gone(b);
  assertEquals(call(service, a, "acquire", false).answers, [b.pid]);
});

Deno.test("condition: waiting gives the lock away, however deep, and comes back with it", () => {
  const service = new RLockService();
  const [a, b] = [holder(), holder()];
  call(service, a, "acquire");
  call(service, a, "acquire");
  const waits = call(service, a, "wait");
  assertEquals(call(service, b, "acquire", false).answers, [true]);
  call(service, b, "notify", 1);
  assertEquals(waits.answers, []);
  call(service, b, "release");
  assertEquals(waits.answers, [true]);
  call(service, a, "release");
  assertEquals(call(service, b, "acquire", false).answers, [false]);
  call(service, a, "release");
  assertEquals(call(service, b, "acquire", false).answers, [true]);
});

Deno.test("condition: as many are woken as are notified, and the impatient get the lock too", () => {
  const service = new RLockService();
  const sleepers = [holder(), holder(), holder()];
  const waits = sleepers.map((one) => (call(service, one, "acquire"), call(service, one, "wait")));
  const a = holder();
  call(service, a, "acquire");
  call(service, a, "notify", 2);
  service.cancel(waits[2]);
  call(service, a, "release");
  assertEquals(waits.map(({ answers }) => answers), [[true], [], []]);
  call(service, sleepers[0], "release");
  call(service, sleepers[1], "release");
  assertEquals(waits.map(({ answers }) => answers), [[true], [true], [false]]);
});

Deno.test("event: everybody who waits, and everybody after that", () => {
  const service = new EventService();
  const a = holder();
  const waits = [call(service, a, "wait"), call(service, holder(), "wait")];
  service.cancel(waits[1]);
  call(service, a, "set");
  assertEquals(waits.map(({ answers }) => answers), [[true], [false]]);
  assertEquals(call(service, a, "wait").answers, [true]);
  call(service, a, "clear");
  assertEquals(call(service, a, "isSet").answers, [false]);
});

Deno.test("barrier: round after round, and broken by whoever gives up", () => {
  const service = new BarrierService(2);
  const [a, b] = [holder(), holder()];
  for (let round = 0; round < 3; round++) {
    const first = call(service, a, "wait");
    assertEquals(first.answers, []);
    assertEquals(call(service, b, "wait").answers, [1]);
    assertEquals(first.answers, [0]);
  }
  const waits = call(service, a, "wait");
  service.cancel(waits);
  assertEquals(waits.answers, ["BrokenBarrierError"]);
  assertEquals(call(service, b, "wait").answers, ["BrokenBarrierError"]);
  call(service, b, "reset");
  const again = call(service, a, "wait");
  service.gone(a);
  assertEquals([again.answers, call(service, b, "broken").answers], [[], [true]]);
});

Deno.test("barrier: nobody goes before the action is over; who comes meanwhile is of the next round", async () => {
  let finish = () => {};
  const service = new BarrierService(1, () => new Promise<void>((resolve) => finish = resolve));
  const first = call(service, holder(), "wait"), second = call(service, holder(), "wait");
  assertEquals(first.answers, []);
  finish();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals([first.answers, second.answers], [[0], []]);
  finish();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(second.answers, [0]);
  const failing = new BarrierService(1, () => {
    throw new Error("no");
  });
  const waits = call(failing, holder(), "wait");
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(waits.answers, ["BrokenBarrierError"]);
});
