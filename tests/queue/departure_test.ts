import { assertEquals, assertMatch } from "@std/assert";
import { Departure } from "../../src/queue/worker/departure.ts";

function leaving(has: { atWork: number; held: number }) {
  const said: string[] = [];
  const clock = { now: 0, goodAt: 0 };
  let failure = "";
  const departure = new Departure({
    ...{ atWork: () => has.atWork, held: () => has.held, goodAt: () => clock.goodAt },
    ...{ now: () => clock.now, tell: (text: string) => said.push(text) },
    giveUp: (error) => failure = error.message,
  });
  departure.begin();
  const look = (seconds: number) => {
    clock.now = 1000 * seconds;
    departure.look();
    return failure;
  };
  return { said, clock, departure, look };
}

Deno.test("a worker that leaves gives up what the servers do not take, half a minute later, and says so", () => {
  const { said, look } = leaving({ atWork: 0, held: 2 });
  assertEquals([look(4), said], ["", []]);
  look(6);
  look(12);
  assertEquals(said.length, 1);
  assertMatch(said[0], /do not take what became of 2 jobs; tries for 30 s$/);
  assertEquals(look(29), "");
  assertMatch(look(31), /^cannot record what became of 2 jobs: ETIMEDOUT \(the servers have done/);
});

Deno.test("what runs may finish, and servers that come back are waited for again", () => {
  const has = { atWork: 1, held: 1 };
  const { clock, departure, said, look } = leaving(has);
  assertEquals([look(100), said], ["", []]);
  has.atWork = 0;
  assertEquals(look(120), "");
  clock.goodAt = 125_000;
  assertEquals(look(154), "");
  departure.close();
});
