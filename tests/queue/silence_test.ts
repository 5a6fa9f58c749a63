// Servers that are connected and answer nothing: that is noticed, reported once, and ended where it can be.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Lane, PRIORITIES, USUAL_LANE } from "../../src/queue/lanes.ts";
import type { QueueMessage } from "../../src/queue/link.ts";
import { workersOf } from "../../src/queue/names.ts";
import type { NatsLink } from "../../src/queue/nats_link.ts";
import { afterSilence } from "../../src/queue/silence.ts";
import { LanesHere } from "../../src/queue/worker/lanes_here.ts";
import { SimulatedClock } from "./simulated_server.ts";

Deno.test("silence: another subscription first, then connections, less and less often", () => {
  let state = { requests: 0, remedies: 0 };
  const steps: [number, string][] = [];
  for (let request = 1; request <= 130; request++) {
    const next = afterSilence(state);
    state = next.state;
    if (next.step !== "wait") steps.push([request, next.step]);
  }
  const at = [4, 8, 16, 32, 64, 96, 128];
  assertEquals(steps, [[2, "renew"], ...at.map((one) => [one, "reconnect"] as [number, string])]);
});

/** What servers do with a request for jobs. */
type Mood = "job" | "none" | "nothing";

/** A worker's supply, and a server that may be silent. */
class Scene {
  readonly clock = new SimulatedClock();
  readonly notes: string[] = [];
  jobs = 0;
  requests = 0;
  connections = 1;
  /** Subjects for answers that requests named. */
  readonly inboxes = new Set<string>();
  private readonly heard = new Map<string, (message: QueueMessage) => void>();
  readonly supply: LanesHere;

  constructor(
    private readonly mood: (scene: Scene) => Mood,
    untilEmpty: boolean,
    private readonly lanes: readonly Lane[],
  ) {
    const { clock, heard } = this;
    const link = {
      server: "a:4222",
      now: () => clock.now,
      later: (ms: number, then: () => void) => clock.at(clock.now + ms, then),
      reconnect: () => {
        this.connections++;
        this.supply.lost();
        clock.at(clock.now + 100, () => this.supply.pull());
      },
      listen: (subject: string, then: (message: QueueMessage) => void) => {
        heard.set(subject.slice(0, -2), then);
        const end = () => void heard.delete(subject.slice(0, -2));
        return { end, drain: () => Promise.resolve().then(end) };
      },
      publish: (_: string, data: Uint8Array, reply: string) => {
        this.asked(JSON.parse(new TextDecoder().decode(data)).expires / 1e6 || 0, reply);
        return true;
      },
    };
    const events = {
      job: () => void this.jobs++,
      ...{ room: () => 1, ahead: () => 0, empty: () => {} },
    };
    const note = (text: string) => void this.notes.push(text);
    this.supply = new LanesHere(link as unknown as NatsLink, "S", [], untilEmpty, events, note);
  }

  /** Lets so many seconds pass. */
  async play(seconds: number): Promise<void> {
    const names = this.lanes.map((lane) => ({ name: workersOf(lane) }));
    const consumers = { list: () => names };
    // deno-lint-ignore no-explicit-any
    await this.supply.look({ manager: { consumers } as any });
    this.supply.pull();
    const end = this.clock.now + seconds * 1000;
    while (this.clock.now < end) {
      let isOver = false;
      this.clock.at(Math.min(end, this.clock.now + 1000), () => isOver = true);
      this.clock.runUntil(() => isOver, end);
      for (let i = 0; i < 10; i++) await Promise.resolve();
      this.supply.pull();
    }
  }

  private asked(expires: number, reply: string): void {
    this.requests++;
    const inbox = reply.slice(0, reply.lastIndexOf("."));
    this.inboxes.add(inbox);
    const mood = this.mood(this);
    if (mood === "nothing") return;
    const isJob = mood === "job";
    const parts = { subject: reply, reply: isJob ? "$JS.ACK.S.workers.1.1.1.1.1" : "" };
    const message = { ...parts, data: new Uint8Array(0), status: isJob ? 0 : expires ? 408 : 404 };
    this.clock.at(this.clock.now + (isJob ? 5000 : expires), () => {
      this.heard.get(inbox)?.({ ...message, description: "", header: () => "" });
    });
  }
}

const HOUR = 3600, MINUTES = 3;
const LANES = {
  "the usual lane": [USUAL_LANE],
  "several lanes": PRIORITIES.map((priority) => ({ priority })),
};

for (const [name, lanes] of Object.entries(LANES)) {
  for (const untilEmpty of [false, true]) {
    const title = `${name}${untilEmpty ? ", --drain" : ""}`;
    Deno.test(`silence: ${title}: answers of any kind are none`, async () => {
      for (const mood of ["job", "none"] as const) {
        const scene = new Scene(() => mood, untilEmpty, lanes);
        await scene.play(MINUTES * 60);
        assertEquals([scene.notes, scene.connections], [[], 1], mood);
        // A worker that waits until others are ready does not ask more and more often.
        const most = 5 * lanes.length * MINUTES * 60;
        assert(scene.requests < most, `${scene.requests} requests, ${mood}`);
      }
    });

    Deno.test(`silence: ${title}: a subscription that gets nothing is replaced`, async () => {
      let first = "";
      const scene = new Scene(
        ({ inboxes }) => {
          [first] = [...inboxes];
          return inboxes.size > (lanes.length > 1 ? 4 : 1) ? "job" : "nothing";
        },
        untilEmpty,
        lanes,
      );
      await scene.play(200);
      assert(scene.jobs > 0 && first !== "");
      assertMatch(scene.notes[0], /^server a:4222 is connected, but has answered no request for/);
      assertEquals(scene.notes.slice(1), ["the servers answer again"]);
    });

    Deno.test(`silence: ${title}: it is reported once, and ended by a connection`, async () => {
      const scene = new Scene(
        ({ connections }) => connections > 2 ? "none" : "nothing",
        untilEmpty,
        lanes,
      );
      await scene.play(HOUR / 4);
      assertEquals([scene.connections, scene.notes.length], [3, 2]);
      const dead = new Scene(() => "nothing", untilEmpty, lanes);
      await dead.play(HOUR);
      assertEquals(dead.notes.length, 1);
      assert(dead.connections > 3 && dead.connections < 20, String(dead.connections));
      assert(dead.requests < 2 * HOUR * lanes.length, String(dead.requests));
    });
  }
}
