import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { DoneJobs, type ResumeMode } from "../../../src/pool/account/resume.ts";
import { b } from "../bytes.ts";

type Row = [seq: number, command: string, exit?: number, signal?: number];

/** Which of the jobs are left to do. */
function left(mode: ResumeMode, log: Row[], jobs: string[]): string[] {
  const done = new DoneJobs(mode);
  for (const [seq, command, exit = 0, signal = 0] of log) {
    done.add({ seq, exit, signal, command: b(command) });
  }
  return jobs.filter((job) => !done.take(b(job)));
}

Deno.test("jobs that are in the log are done", () => {
  const log: Row[] = [[1, "a"], [3, "c", 1], [2, "b", 0, 9]];
  assertEquals(left("ended", log, ["a", "b", "c", "d"]), ["d"]);
  assertEquals(left("succeeded", log, ["a", "b", "c", "d"]), ["b", "c", "d"]);
  assertEquals(left("succeeded", [...log, [4, "d", -1, 15]], ["a", "d"]), ["d"]);
});

Deno.test("a changed input does the right jobs, whatever their numbers", () => {
  assertEquals(left("ended", [[1, "a"], [2, "b"], [3, "c"]], ["x", "a", "c", "y"]), ["x", "y"]);
});

Deno.test("the latest row of a job counts", () => {
  assertEquals(left("succeeded", [[1, "a", 1], [1, "a", 0]], ["a"]), []);
  assertEquals(left("succeeded", [[1, "a", 0], [1, "a", 1]], ["a"]), ["a"]);
  assertEquals(left("ended", [[1, "a", 1], [1, "a", 0]], ["a", "a"]), ["a"]);
});

Deno.test("a log of several inputs: a number that means another job hides nothing", () => {
  assertEquals(left("ended", [[1, "a"], [1, "x"], [2, "b"]], ["a", "x", "b", "c"]), ["c"]);
  assertEquals(left("succeeded", [[1, "a"], [1, "x", 1]], ["a", "x"]), ["x"]);
});

Deno.test("equal jobs are counted", () => {
  assertEquals(left("ended", [[1, "a"], [3, "a"]], ["a", "b", "a", "a"]), ["b", "a"]);
});

Deno.test("numbers that no pool gives do no harm", () => {
  assertEquals(left("ended", [[-1, "a"], [1e15, "b"]], ["a", "b", "c"]), ["c"]);
});

Deno.test("what is left is what is not in the log, as often", () => {
  const jobs = fc.array(fc.string({ maxLength: 2 }), { maxLength: 40 });
  fc.assert(fc.property(jobs, fc.array(fc.boolean(), { maxLength: 40 }), (jobs, ran) => {
    const log = jobs.flatMap((job, i): Row[] => ran[i] ? [[i + 1, job]] : []);
    const rest = left("ended", log, jobs);
    assertEquals(rest.sort(), jobs.filter((_, i) => !ran[i]).sort());
  }));
});

Deno.test("ten thousand and more", () => {
  const jobs = Array.from({ length: 20_000 }, (_, i) => `gzip file-${i}`);
  const log = jobs.filter((_, i) => i % 3).map((job, i): Row => [i + 1, job]);
  assertEquals(left("ended", log, jobs), jobs.filter((_, i) => i % 3 === 0));
});
