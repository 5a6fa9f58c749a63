import { assert, assertEquals } from "@std/assert";
import { judgeFirstProcess, judgeReaping, tryReaping } from "../../src/doctor/reaping.ts";
import { isAlive } from "../e2e/harness.ts";

const read = (path: string) => Deno.readTextFileSync(path);

Deno.test("judgeReaping: at once, slowly, never, by a subreaper, not tried", () => {
  const adopter = { pid: 1, comm: "init" };
  const grade = (reapedAfter: number | null) => judgeReaping({ adopter, reapedAfter })[0].grade;
  assertEquals([grade(2), grade(1760), grade(null)], ["good", "warning", "problem"]);
  const [, subreaper] = judgeReaping({ adopter: { pid: 7, comm: "shim" }, reapedAfter: 1 });
  assertEquals([subreaper.check, subreaper.grade], ["subreaper", "note"]);
  assertEquals(judgeReaping("no /bin/sh to try it with")[0].grade, "unknown");
});

Deno.test("judgeFirstProcess: a shell on a terminal takes everything along", () => {
  const judge = (comm: string, interactive: boolean, tty: string | null) =>
    judgeFirstProcess({ program: { comm, interactive }, tty }).grade;
  assertEquals(judge("systemd", false, null), "good");
  assertEquals(judge("bash", true, "/dev/pts/0"), "warning");
  assertEquals(judge("python3", false, "/dev/pts/0"), "warning");
  assertEquals(judgeFirstProcess(undefined).grade, "unknown");
});

Deno.test("the orphan that is made for the trial is adopted by somebody who lives, and nothing is left", async () => {
  const trial = await tryReaping();
  if (typeof trial === "string") throw new Error(trial);
  // 0: it is outside this PID namespace.
  assert(trial.adopter.pid === 0 || isAlive(trial.adopter.pid));
  assert(trial.adopter.pid !== Deno.pid);
  const children = read(`/proc/self/task/${Deno.pid}/children`).trim().split(" ").filter(Boolean);
  assertEquals(children.filter((pid) => isAlive(Number(pid))), []);
});
