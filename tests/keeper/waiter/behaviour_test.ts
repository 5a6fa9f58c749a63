// What a waiter does, with a simulated kernel: tables, and a long run of random events.
import { assert, assertEquals } from "@std/assert";
import { KeeperPage } from "../../../src/keeper/waiter/keeper_page.ts";
import { PAGE } from "../../../src/keeper/waiter/page_layout.ts";
import { WaiterBehaviour, type WaiterKernel } from "../../../src/keeper/waiter/behaviour.ts";
import { EAGAIN, POLLIN, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2 } from "../../../src/libc/abi.ts";

const ME = 100, ABOVE = 1, POLLHUP = 16;

class Exited extends Error {}

class Simulated implements WaiterKernel {
  readonly did: string[] = [];
  above = ABOVE;
  nextPid = 200;
  forks = true;
  places = true;
  pingedBy = -1;

  pid(): number {
    return ME;
  }
  parent(): number {
    return this.above;
  }
  be(role: string): void {
    this.did.push(role);
  }
  startKeeper(): number {
    return this.fork("keeper");
  }
  startTurn(byDescriptor: boolean): number {
    return this.fork(byDescriptor ? "turn by descriptor" : "turn");
  }
  takeTurn(): number {
    return this.places ? 0 : -EAGAIN;
  }
  giveTurn(): void {
    this.did.push("given");
  }
  kill(pid: number, signal: number): void {
    this.did.push(`kill ${pid} ${signal}`);
  }
  pinger(): number {
    return this.pingedBy;
  }
  takePing(timer: number): void {
    this.did.push(`ping ${timer}`);
  }
  record(where: string): void {
    this.did.push(`record ${where}`);
  }
  exit(): never {
    this.did.push("exit");
    throw new Exited();
  }
  private fork(what: string): number {
    this.did.push(`fork ${what}`);
    return this.forks ? this.nextPid++ : -EAGAIN;
  }
}

class Scene {
  readonly memory = new ArrayBuffer(PAGE.bytes);
  readonly words = new Int32Array(this.memory);
  readonly page = new KeeperPage(this.memory);
  readonly kernel = new Simulated();
  readonly waiter = new WaiterBehaviour(this.words, this.kernel);

  constructor(watched = 0) {
    this.page.begin(0, watched);
  }

  /** What it has done since the last call. */
  done(): string[] {
    return this.kernel.did.splice(0);
  }

  /** A keeper with a guard, at rest. */
  keeper(): this {
    this.words[PAGE.guard / 4] = ABOVE;
    this.words[PAGE.keeper / 4] = ME;
    this.waiter.beginAsKeeper();
    this.done();
    return this;
  }

  /** The turn that runs has done its work. */
  turnDone(outcome: { leave?: boolean; pair?: boolean } = {}): void {
    this.page.finish({ handled: this.page.raised, ...outcome });
    this.waiter.childEnded(this.page.turn, 0);
  }
}

Deno.test("a guard forks a keeper and sleeps; without one it acts", () => {
  const guard = new Scene();
  guard.waiter.beginAsGuard();
  assertEquals(guard.done(), ["guard", "fork keeper"]);
  assertEquals([guard.page.guard, guard.page.keeper, guard.waiter.kept], [ME, 200, 200]);
  assertEquals(guard.waiter.rest(), { polled: 1, timer: false, pause: false });

  const alone = new Scene();
  alone.kernel.forks = false;
  alone.waiter.beginAsGuard();
  assertEquals([alone.page.guard, alone.page.keeper, alone.waiter.kept], [0, ME, 0]);
  alone.kernel.forks = true;
  assertEquals(alone.waiter.rest(), undefined);
  assertEquals(alone.done().at(-1), "fork turn");
});

Deno.test("a guard passes signals on, and acts when its keeper was killed", () => {
  const scene = new Scene();
  const { waiter, page } = scene;
  waiter.beginAsGuard();
  scene.done();
  for (const signal of [SIGTERM, SIGUSR1, SIGALRM, SIGUSR2]) waiter.signalled(signal);
  assertEquals(scene.done(), [SIGTERM, SIGUSR1, SIGALRM].map((n) => `kill 200 ${n}`));
  waiter.childEnded(200, 9);
  assertEquals([page.guard, page.keeper, page.raised.partner], [0, ME, 1]);
  assertEquals(scene.done(), ["keeper"]);
});

Deno.test("what a keeper has left a guard leaves, where it was told to and exited with 0", () => {
  for (const [status, leave, leaves] of [[0, 1, true], [9, 1, false], [0, 0, false]] as const) {
    const scene = new Scene();
    scene.waiter.beginAsGuard();
    scene.words[PAGE.leave / 4] = leave;
    try {
      scene.waiter.childEnded(200, status);
    } catch (error) {
      if (!(error instanceof Exited)) throw error;
    }
    assertEquals(scene.done().includes("exit"), leaves, `${status} ${leave}`);
  }
});

Deno.test("a turn: only one, with a place; what fails is tried again, twice as late, every second time by descriptor", () => {
  const { waiter, page, kernel } = new Scene().keeper();
  waiter.signalled(SIGUSR1);
  kernel.places = false;
  assertEquals(waiter.rest(), { polled: 3, timer: false, pause: true });
  assertEquals(waiter.pause, 10);
  kernel.places = true;
  waiter.pauseOver();
  assertEquals(waiter.rest(), undefined);
  assertEquals(waiter.rest(), { polled: 1, timer: false, pause: false });
  for (
    const [i, ms] of [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 51200].entries()
  ) {
    kernel.did.splice(0);
    waiter.childEnded(page.turn, i % 2 === 0 ? 3 << 8 : 11);
    assertEquals([waiter.pause, page.failures], [ms, i + 1]);
    assertEquals(waiter.rest(), { polled: 3, timer: false, pause: true });
    waiter.pauseOver();
    assertEquals(waiter.rest(), undefined);
    assertEquals(kernel.did, ["given", i % 2 === 0 ? "fork turn by descriptor" : "fork turn"]);
  }
});

Deno.test("what exits with 0 and has not done its work has failed", () => {
  const { waiter, page } = new Scene().keeper();
  waiter.signalled(SIGUSR1);
  waiter.rest();
  waiter.childEnded(page.turn, 0);
  assertEquals(page.failures, 1);
});

Deno.test("the end of the program; others; a PID that a turn has replaced meanwhile", () => {
  const scene = new Scene().keeper();
  const { waiter, page } = scene;
  page.program = 300;
  waiter.childEnded(299, 0);
  assertEquals([page.raised.ended, page.program], [0, 300]);
  waiter.childEnded(300, 9);
  assertEquals([page.raised.ended, page.program], [1, 0]);
  assertEquals(scene.done(), ["record other", "record ended"]);
  page.program = 301;
  waiter.childEnded(300, 9);
  assertEquals([page.raised.ended, page.program], [1, 301]);
});

Deno.test("USR2 tells of the guard's end where it has ended", () => {
  const { waiter, page, kernel } = new Scene().keeper();
  waiter.signalled(SIGUSR2);
  assertEquals([page.guard, page.raised.partner], [ABOVE, 0]);
  kernel.above = 7;
  waiter.signalled(SIGUSR2);
  waiter.signalled(SIGUSR2);
  assertEquals([page.guard, page.raised.partner], [0, 1]);
});

Deno.test("a pair is made where there is no partner", () => {
  for (const guard of [0, ABOVE]) {
    const scene = new Scene().keeper();
    scene.words[PAGE.guard / 4] = guard;
    scene.waiter.signalled(SIGUSR1);
    scene.waiter.rest();
    scene.done();
    scene.turnDone({ pair: true });
    assertEquals(scene.done().includes("fork keeper"), guard === 0);
  }
});

Deno.test("what is watched: told by a bit, and no longer looked at after an error", () => {
  const { waiter, page } = new Scene(3).keeper();
  assertEquals(waiter.rest(), { polled: 5, timer: true, pause: false });
  waiter.found(2, POLLIN);
  waiter.found(4, POLLHUP);
  waiter.found(1, POLLIN);
  assertEquals([page.raised.watched, page.raised.timer], [2, 1]);
  assertEquals(page.takeReady(), [0, 2]);
  assertEquals([0, 1, 2].map((i) => page.isWatched(i)), [true, true, false]);
});

Deno.test("pings: those of the program are taken where a turn has said so, of all else a turn is told", () => {
  const table: [
    string,
    { timer?: number; by: number; entry?: number; events?: number },
    boolean,
  ][] = [
    ["the program", { timer: 9, by: 300 }, true],
    ["the program, and there is no timer", { timer: -1, by: 300 }, true],
    ["nobody has said so", { by: 300 }, false],
    ["another process", { timer: 9, by: 301 }, false],
    ["no plain ping", { timer: 9, by: -1 }, false],
    ["another descriptor", { timer: 9, by: 300, entry: 3 }, false],
  ];
  for (const [what, { timer, by, entry = 2, events = POLLIN }, taken] of table) {
    const scene = new Scene(2).keeper();
    const { waiter, page, kernel } = scene;
    page.program = 300;
    if (timer !== undefined) page.takePings(timer, 1500);
    kernel.pingedBy = by;
    waiter.found(entry, events);
    assertEquals(scene.done(), taken ? [`ping ${timer}`] : [], what);
    assertEquals([page.pinged, page.raised.watched], taken ? [1, 0] : [0, 1], what);
    assertEquals(page.takeReady(), taken ? [] : [entry - 2], what);
    assertEquals(waiter.rest() === undefined, !taken, what);
    assertEquals(page.pingedWithin, timer === undefined ? 0 : 1500);
  }
  const scene = new Scene(1).keeper();
  scene.page.takePings(9, 1);
  scene.page.leavePings();
  assertEquals(scene.page.takesPings, false);
});

Deno.test("pings are taken in a pause too; after anything else, its signals alone are waited for", () => {
  const scene = new Scene(2).keeper();
  const { waiter, page, kernel } = scene;
  page.program = 300;
  page.takePings(9, 1500);
  waiter.signalled(SIGUSR1);
  waiter.rest();
  waiter.childEnded(page.turn, 11);
  const held = { polled: 3, timer: false, pause: true };
  assertEquals(waiter.rest(), held);
  scene.done();
  kernel.pingedBy = 300;
  waiter.found(2, POLLIN);
  assertEquals([scene.done(), page.pinged, waiter.rest()], [["ping 9"], 1, held]);
  kernel.pingedBy = -1;
  waiter.found(2, POLLIN);
  assertEquals([page.pinged, page.raised.watched], [1, 1]);
  assertEquals(waiter.rest(), { ...held, polled: 1 });
  // A turn that has taken it, and has failed then.
  page.takeReady();
  assertEquals(waiter.rest(), held);
  waiter.pauseOver();
  assertEquals([waiter.rest(), scene.done()], [undefined, ["fork turn by descriptor"]]);
});

Deno.test("ALRM: awake after a pause, also where that is the pause of a turn", () => {
  const { waiter, page } = new Scene().keeper();
  waiter.signalled(SIGALRM);
  assertEquals([waiter.rest(), waiter.pause], [{ polled: 2, timer: true, pause: true }, 3000]);
  waiter.pauseOver();
  assertEquals([page.raised.wake, waiter.rest()], [1, undefined]);
  waiter.childEnded(page.turn, 9);
  waiter.signalled(SIGALRM);
  assertEquals(waiter.pause, 100);
  waiter.pauseOver();
  assertEquals(page.raised.wake, 2);
});

Deno.test("ten thousand random happenings: one turn at a time, nothing unseen at rest, no exit without leave", () => {
  let seed = 12345;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return (seed >> 8) % below;
  };
  const scene = new Scene(2).keeper();
  const { waiter, page, kernel } = scene;
  for (let i = 0; i < 10_000; i++) {
    kernel.forks = random(10) > 0;
    kernel.places = random(5) > 0;
    switch (random(9)) {
      case 0:
        waiter.signalled([SIGTERM, SIGUSR1, SIGALRM][random(3)]);
        break;
      case 1:
        if (waiter.flags !== 0) waiter.pauseOver();
        break;
      case 2:
        if (page.turn !== 0) scene.turnDone();
        break;
      case 3:
        if (page.turn !== 0) waiter.childEnded(page.turn, random(2) === 0 ? 9 : 0);
        break;
      case 4:
        page.program = page.program || 1000 + random(1000);
        break;
      case 5:
        waiter.childEnded(page.program || 5000 + random(1000), random(256) << 8);
        break;
      case 6:
        if (page.turn === 0 && waiter.flags === 0) waiter.found(1 + random(3), POLLIN);
        else if (page.turn === 0 && waiter.rest()?.polled === 3) waiter.found(2, POLLIN);
        break;
      default: {
        const turn = page.turn;
        let sleep = waiter.rest();
        assert(turn === 0 || page.turn === turn, "one turn at a time");
        sleep ??= waiter.rest();
        if (sleep?.timer) {
          assertEquals([page.turn, page.pending()], [0, []], "at rest nothing is pending");
        }
      }
    }
    assert(!scene.done().some((what) => what.startsWith("exit")));
  }
});
