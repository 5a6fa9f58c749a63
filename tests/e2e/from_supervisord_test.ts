// docs/from-supervisord.md is a promise: every example of it is run, its sections by supervisord where that is installed.
import { assert, assertEquals } from "@std/assert";
import { e2e, eventually, exists, wordsOf } from "./harness.ts";
import { blocksOf, readPage, testPage, withFreePorts } from "./page_examples.ts";

const page = readPage("from-supervisord.md");
const programs = blocksOf(page.text, "ini");

Deno.test("docs/from-supervisord.md has its examples", () => {
  assert(page.sections.length >= 6, `${page.sections.length} sections`);
  assert(programs.length >= 4, `${programs.length} programs`);
});

testPage(page);

e2e("docs/from-supervisord.md: its sections are supervisord's", async (box) => {
  const { code, stderr } = await box.sh(page.setup);
  assertEquals(code, 0, stderr);
  const socket = box.path("s");
  const conf = box.path("supervisord.conf");
  const server = `[supervisord]
logfile=${box.path("log")}
pidfile=${box.path("pid")}
childlogdir=${box.directory}
[unix_http_server]
file=${socket}
[supervisorctl]
serverurl=unix://${socket}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
`;
  Deno.writeTextFileSync(conf, server + withFreePorts(programs.join("\n")));
  const run = await box.run(["supervisord", "-c", conf]);
  assertEquals(run.code, 0, run.stderr);
  let states = "";
  try {
    await eventually(async () => {
      states = (await box.run(["supervisorctl", "-c", conf, "status"])).stdout;
      const of = new Map(
        states.trim().split("\n").map((line) => {
          const [name, state] = line.split(/\s+/);
          return [name, state];
        }),
      );
      const running = ["web", "worker:worker_1", "worker:worker_3", "tree"];
      return running.every((name) => of.get(name) === "RUNNING") && of.get("broken") === "FATAL";
    }, () => states);
    const isLeft = () => box.processes().some((pid) => wordsOf(pid).join(" ") === "sleep 1000");
    await eventually(isLeft, "the program has its child");
    await box.run(["supervisorctl", "-c", conf, "shutdown"]);
    await eventually(() => !exists(box.path("pid")), "supervisord has ended");
    assert(isLeft(), "what has a session of its own survives supervisord's stop, as the page says");
  } finally {
    await box.endAll();
  }
}, ["python3", "supervisord"]);
