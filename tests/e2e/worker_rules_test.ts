// What a worker runs for its clients, as whom and where: --allow, --allow-env, --user, --workdir.
import { assertEquals, assertMatch } from "@std/assert";
import { HOST_FRAME, hostFrame, HostFrames, jsonFrame } from "../../src/hosts/frames.ts";
import { GreetingFinder } from "../../src/hosts/greeting.ts";
import { endedIn, type JobExtras, jobFrame } from "../../src/hosts/job_frames.ts";
import { errnoName } from "../../src/libc/calling/errno.ts";
import { e2e, e2eAsRoot, impBinary, isRoot, type Sandbox, TAG } from "./harness.ts";

interface Answer {
  /** As a shell would have it, or the errno of what could not be started. */
  readonly status: number | string;
  readonly out: string;
  readonly why: string;
}

interface Asked {
  readonly words: readonly string[];
  readonly more?: JobExtras;
}

/** Has a worker run jobs, one after the other. */
async function ask(
  box: Sandbox,
  options: readonly string[],
  jobs: readonly Asked[],
  env: Record<string, string> = {},
): Promise<{ answers: Answer[]; stderr: string }> {
  const child = new Deno.Command(impBinary(), {
    args: ["worker", "--stdio", ...options],
    cwd: box.directory,
    env: { [TAG]: box.tag, ...env },
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const writer = child.stdin.getWriter();
  const bytes = (text: string) => new TextEncoder().encode(text);
  await writer.write(jsonFrame(HOST_FRAME.setup, { slots: "1", credit: 1 << 20 }));
  for (const [i, { words, more }] of jobs.entries()) {
    const order = { seq: i + 1, timeout: 0, slot: 0, hasInput: false };
    await writer.write(jobFrame(i + 1, { ...order, words: words.map(bytes), more }));
  }
  await writer.write(hostFrame(HOST_FRAME.close));
  const [said, stderr] = await Promise.all([
    new Response(child.stdout).bytes(),
    new Response(child.stderr).text(),
  ]);
  await writer.close().catch(() => undefined);
  await child.status;
  return { answers: answersIn(said, jobs.length), stderr };
}

function answersIn(said: Uint8Array, count: number): Answer[] {
  const frames = new HostFrames();
  frames.push(new GreetingFinder().push(said)!.rest);
  const answers: Answer[] = Array.from({ length: count }, () => ({ status: "", out: "", why: "" }));
  for (let frame = frames.next(); frame; frame = frames.next()) {
    const { type, job, payload } = frame;
    if (type === HOST_FRAME.failed) throw new Error(new TextDecoder().decode(payload));
    const answer = answers[job - 1];
    const out = () => answer.out + new TextDecoder().decode(payload);
    if (type === HOST_FRAME.out) answers[job - 1] = { ...answer, out: out() };
    if (type === HOST_FRAME.ended) {
      const { how, status, why } = endedIn(frame);
      const told = how === "not started" ? errnoName(status)! : status >> 8;
      answers[job - 1] = { ...answer, status: told, why };
    }
  }
  return answers;
}

/** A directory of programs that print their name, and links. */
function programs(box: Sandbox): string {
  Deno.mkdirSync(box.path("jobs/below"), { recursive: true });
  Deno.mkdirSync(box.path("others"));
  for (const name of ["jobs/one", "jobs/below/two", "others/three"]) {
    box.script(name, `#!/bin/sh\necho ${name}\n`);
  }
  Deno.symlinkSync(box.path("others/three"), box.path("jobs/link"));
  Deno.symlinkSync(box.path("jobs"), box.path("others/jobs"));
  return box.path("jobs");
}

e2e("without --allow a worker runs what its client asks for", async (box) => {
  const { answers } = await ask(box, [], [{ words: ["echo", "a"] }, { words: ["no-such"] }]);
  assertEquals(answers.map(({ status, out }) => [status, out]), [[0, "a\n"], ["ENOENT", ""]]);
});

e2e("with --allow DIR it runs what lies in it, by whatever way", async (box) => {
  const jobs = programs(box);
  const byName = await ask(box, ["--allow", "jobs"], [{ words: ["jobs/one"] }]);
  assertEquals([byName.answers[0].status, byName.stderr], [0, ""]);
  const { answers, stderr } = await ask(box, ["--allow", jobs], [
    { words: [`${jobs}/one`] },
    { words: ["jobs/below/two"] },
    { words: [`${box.path("others")}/jobs/one`] },
    // Its owner has put it there.
    { words: [`${jobs}/link`] },
    { words: ["./one"], more: { dir: jobs } },
  ]);
  assertEquals(stderr, "");
  assertEquals(answers.map(({ status, out }) => [status, out]), [
    [0, "jobs/one\n"],
    [0, "jobs/below/two\n"],
    [0, "jobs/one\n"],
    [0, "others/three\n"],
    [0, "jobs/one\n"],
  ]);
});

e2e("what is not allowed is the result of that job, and no other one's", async (box) => {
  const jobs = programs(box);
  const { answers } = await ask(box, ["--allow", jobs, "--allow", "true"], [
    { words: ["sh", "-c", "echo no"] },
    { words: [`${jobs}/../others/three`] },
    { words: [`${jobs}/below/../../others/three`] },
    { words: ["three"], more: { env: [`PATH=${box.path("others")}`] } },
    { words: ["true"] },
    { words: ["jobs"] },
    { words: [`${jobs}`] },
    { words: [""] },
    { words: [`${jobs}/one`] },
  ]);
  assertEquals(answers.map(({ status }) => status), [
    ...["EACCES", "EACCES", "EACCES", "EACCES", 0],
    ...["ENOENT", "EACCES", "ENOENT", 0],
  ]);
  assertEquals(answers.slice(0, -1).map(({ out }) => out).join(""), "");
  assertMatch(
    answers[0].why,
    /^cannot execute \/\S+\/sh: EACCES \(this worker does not allow it\)/,
  );
});

e2e("a program is allowed by its name in PATH, or by its path", async (box) => {
  programs(box);
  const { answers } = await ask(box, ["--allow", "echo", "--allow", "others/three"], [
    { words: ["echo", "a"] },
    { words: [box.path("others/three")] },
    { words: ["printf", "a"] },
  ]);
  assertEquals(answers.map(({ status, out }) => [status, out]), [
    [0, "a\n"],
    [0, "others/three\n"],
    ["EACCES", ""],
  ]);
});

e2e(
  "a program of --allow that is missing is reported, and jobs of it end as anywhere",
  async (box) => {
    const { answers, stderr } = await ask(box, ["--allow", "no-such"], [{ words: ["no-such"] }]);
    assertEquals(answers[0].status, "ENOENT");
    assertMatch(stderr, /^imp worker: --allow no-such: cannot find no-such: ENOENT/);
  },
);

e2e("variables that choose what runs are not a client's to set", async (box) => {
  const jobs = (name: string) => [{ words: ["env"], more: { env: [`${name}=x`] } }];
  for (const name of ["LD_PRELOAD", "PATH", "BASH_ENV", "X"]) {
    const { answers: [answer] } = await ask(box, ["--allow", "env"], jobs(name));
    assertEquals([name, answer.status, answer.out], [name, "EACCES", ""]);
  }
  for (const options of [["--allow", "env", "--allow-env", "X"], ["--allow-any"], []]) {
    const { answers: [answer] } = await ask(box, options, jobs("X"));
    assertEquals([answer.status, /^X=x$/m.test(answer.out)], [0, true]);
  }
});

e2e("--workdir is where jobs run; with --allow they stay there", async (box) => {
  Deno.mkdirSync(box.path("jobs/below"), { recursive: true });
  const run = (more: JobExtras | undefined, options: string[]) =>
    ask(box, ["--workdir", "jobs", ...options], [{ words: ["pwd"], more }]);
  const real = Deno.realPathSync(box.directory);
  const out = async (more?: JobExtras, options: string[] = []) => {
    const { answers: [{ status, out }] } = await run(more, options);
    return status === 0 ? out.trim().slice(real.length) : status;
  };
  assertEquals(await out(), "/jobs");
  assertEquals(await out({ dir: "below" }, ["--allow", "pwd"]), "/jobs/below");
  assertEquals(await out({ dir: "/" }, ["--allow", "pwd"]), "EACCES");
  assertEquals(await out({ dir: "below/../.." }, ["--allow", "pwd"]), "EACCES");
  assertEquals(await out({ dir: real }), "");
});

e2eAsRoot("--user: jobs, the worker and its guard are that user's, for good", async (box) => {
  await Deno.chmod(box.directory, 0o755);
  const script = "id -u; id -g; id -G; echo $HOME $USER; grep ^Uid: /proc/$PPID/status";
  const { answers: [{ status, out }] } = await ask(box, ["--user", "nobody"], [
    { words: ["sh", "-c", script] },
  ]);
  const { stdout } = await box.sh("id -u nobody; id -g nobody; id -G nobody");
  const [uid] = stdout.split("\n");
  assertEquals(status, 0);
  assertEquals(out.startsWith(stdout), true, out);
  assertMatch(out, /\/\S+ nobody\nUid:\t(\d+)\t\1\t\1\t\1\n$/);
  assertEquals(/^Uid:\t(\d+)/m.exec(out)![1], uid);
});

e2e("wrong rules are reported at once", async (box) => {
  const told = async (...options: string[]) => {
    const { code, stderr } = await box.imp(["worker", "--stdio", ...options], { stdin: "" });
    return [code, stderr.trim()];
  };
  assertMatch(String(await told("--allow", "a", "--allow-any")), /^2,.*cannot be used together/);
  assertMatch(String(await told("--allow-env", "A")), /^2,.*--allow-env goes with --allow/);
  assertMatch(String(await told("--allow", "")), /^2,.*it is empty/);
  assertMatch(String(await told("--allow", "a", "--allow-env", "A=b")), /^2,.*not the name of/);
  assertMatch(String(await told("--workdir", "missing")), /^125,.*missing: ENOENT/);
  assertMatch(String(await told("--user", "no-such-user")), /^125,.*no such user/);
  if (!isRoot) assertMatch(String(await told("--user", "root")), /^125,.*EPERM/);
});
