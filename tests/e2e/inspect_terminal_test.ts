// imp inspect where terminals and their shells are.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, eventually, type Sandbox, statFields } from "./harness.ts";
import { comm, inspect, read } from "./inspecting.ts";
import { openShell } from "./terminal.ts";

e2e(
  "a disowned job is an orphan once its terminal is closed, with its descriptors hung up",
  async (box) => {
    const shell = openShell(box, ["bash", "--norc"]);
    shell.type("sleep 1000 > ~/out & disown");
    await shell.settled();
    const [pid] = await sleepers(box, 1);
    const { found: [before] } = await inspect(box, pid);
    assertEquals([before.kind, before.tty, before.manager.pid], [
      "background-job",
      shell.path,
      shell.pid,
    ]);
    shell.close();
    await shell.ended();
    const { found: [after] } = await inspect(box, pid);
    assertEquals([after.kind, after.tty, after.survives.exit.answer], ["orphan", null, "yes"]);
    assertStringIncludes(after.notes.join("; "), "using stdin and stderr fails with EIO");
    await box.endAll();
  },
);

for (const event of ["close", "exit"] as const) {
  e2e(`writing to a terminal that is gone fails with EIO, as foretold: ${event}`, async (box) => {
    const script =
      "echo $$ >~/pid; until [ -e ~/go ]; do sleep 0.02; done; echo x 2>~/said; echo $? >~/status";
    const shell = openShell(box, ["bash", "--norc"]);
    shell.type(`(bash -c '${script}' &)`);
    await shell.settled();
    await eventually(() => read(box, "pid").endsWith("\n"), "the writer is there");
    const { found: [one] } = await inspect(box, read(box, "pid").trim());
    assertStringIncludes(one.notes.join("; "), "writing to stdout and stderr fails with EIO");
    if (event === "close") shell.close();
    else shell.type("exit");
    await shell.ended();
    await Deno.writeTextFile(box.path("go"), "");
    await eventually(() => read(box, "status") === "1\n", "the write did not fail");
    assertStringIncludes(read(box, "said"), "Input/output error");
    await box.endAll();
  });
}

e2e("the jobs of the calling shell", async (box) => {
  const shell = openShell(box, ["bash", "--norc"]);
  shell.type("sleep 1001 | sleep 1002 &");
  shell.type("(sleep 1003 &)");
  shell.type("sleep 1004");
  const stopping = () =>
    box.processes().find((pid) =>
      statFields(pid)?.[2] === statFields(pid)?.[5] && comm(pid) === "sleep"
    );
  await eventually(() => stopping() !== undefined, "no foreground job");
  await sleepers(box, 4);
  shell.suspend();
  await shell.settled();
  shell.type('"$IMP" inspect --json | cat > ~/json; "$IMP" inspect > ~/text');
  await shell.settled();
  const { shell: told, tty, jobs } = JSON.parse(Deno.readTextFileSync(box.path("json")));
  assertEquals([told.pid, told.shell, told.interactive, tty], [
    shell.pid,
    "bash",
    true,
    shell.path,
  ]);
  type Job = { command: string[]; state: string; managed: boolean; kind: string; pids: number[] };
  const brief = (job: Job) => [job.command[1], job.state, job.managed, job.kind, job.pids.length];
  assertEquals(jobs.map(brief).sort(), [
    ["1001", "running", true, "background-job", 2],
    ["1003", "running", false, "detached", 1],
    ["1004", "stopped", true, "stopped-job", 1],
  ]);
  const text = Deno.readTextFileSync(box.path("text"));
  assertStringIncludes(text, `Jobs of bash (pid ${shell.pid}) on ${shell.path}`);
  assertMatch(text, /\* \d+ +running +yes +yes +yes +sleep 1003/);
  shell.close();
  await shell.ended();
  await box.endAll();
});

/** Waits until so many processes have become sleep: right after fork they still are the shell. */
async function sleepers(box: Sandbox, count: number): Promise<number[]> {
  const found = () => box.processes().filter((pid) => comm(pid) === "sleep");
  await eventually(() => found().length === count, () => `${found().length} of ${count} sleep`);
  return found();
}
