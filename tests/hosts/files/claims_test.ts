import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { type Claim, Claims } from "../../../src/hosts/files/claims.ts";

const sent = (path: string, source = path.slice(1)): Claim => ({ path, source });
const made = (path: string): Claim => ({ path });

function together(a: Claim, b: Claim): boolean {
  const both = [[a, b], [b, a]].map(([first, second]) => {
    const claims = new Claims();
    assert(claims.enter(1, [first]));
    return claims.enter(2, [second]);
  });
  assertEquals(both[0], both[1]);
  return both[0];
}

Deno.test("two jobs use a path at the same time only where it is the same for both", () => {
  const table: [a: Claim, b: Claim, both: boolean][] = [
    [sent("/w/x"), sent("/w/x"), true],
    [sent("/w/x", "a/x"), sent("/w/x", "b/x"), false],
    [sent("/w/x"), made("/w/x"), false],
    [made("/w/x"), made("/w/x"), false],
    [made("/w/x"), made("/w/y"), true],
    [made("/w/x"), made("/w/xy"), true],
    [sent("/w/d", "d"), sent("/w/d/x", "d/x"), true],
    [sent("/w/d", "d"), sent("/w/d/x", "e/x"), false],
    [sent("/w/d", "d"), made("/w/d/x"), false],
    [sent("/", "/"), sent("/x", "/x"), true],
  ];
  for (const [a, b, both] of table) assertEquals(together(a, b), both, `${a.path} ${b.path}`);
});

Deno.test("a job of its own with a path twice does not wait for itself", () => {
  assert(new Claims().enter(1, [sent("/w/x"), made("/w/x"), sent("/w/x", "other")]));
});

const claim = fc.record({
  path: fc.constantFrom("/a", "/a/x", "/b", "/b/x/y"),
  source: fc.constantFrom(undefined, "a", "a/x", "b"),
});
const jobs = fc.array(fc.array(claim, { maxLength: 3 }), { maxLength: 8 });

Deno.test("every job gets its paths in the end, never beside one that it excludes", () => {
  fc.assert(fc.property(jobs, fc.infiniteStream(fc.nat()), (jobs, luck) => {
    const claims = new Claims();
    const running = new Set<number>();
    const done = new Set<number>();
    const run = (job: number) => {
      for (const other of running) {
        for (const a of jobs[job]) for (const b of jobs[other]) assert(together(a, b));
      }
      running.add(job);
    };
    jobs.forEach((own, job) => claims.enter(job, own) && run(job));
    while (running.size > 0) {
      const job = [...running][luck.next().value % running.size];
      running.delete(job);
      done.add(job);
      for (const next of claims.leave(job)) run(next);
    }
    assertEquals(done.size, jobs.length);
  }));
});
