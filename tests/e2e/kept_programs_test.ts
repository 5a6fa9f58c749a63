// Kept daemons: programs that make daemons of themselves, and what they are given.
import { freePort } from "../free_port.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  e2eAsRoot,
  endIfThere,
  eventually,
  exists,
  isAlive,
  sideBySide,
  statFields,
  wordsOf,
} from "./harness.ts";
import { KeptDaemon } from "./kept_daemon.ts";

const e2e = sideBySide();

async function connects(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ port, hostname: "127.0.0.1" })).close();
    return true;
  } catch {
    return false;
  }
}

e2e("kept: a port that old children hold is free when the program starts again", async (box) => {
  const web = new KeptDaemon(box);
  const port = freePort();
  // A process that inherits the socket holds the port.
  const script = `
import os, socket, time
own = socket.socket()
try:
    own.bind(("127.0.0.1", ${port}))
    own.listen()
except OSError as error:
    open("${box.path("taken")}", "a").write(str(error))
    raise
os.set_inheritable(own.fileno(), True)
if os.fork() == 0:
    os.setsid()
    os.execvp("sleep", ["sleep", "1000"])
open("${box.path("starts")}", "a").write("start\\n")
time.sleep(1000)
`;
  const starts = () => exists(box.path("starts")) ? Deno.readTextFileSync(box.path("starts")) : "";
  web.start({ words: ["python3", "-c", script], startMs: 0, backoff: { firstMs: 1, mostMs: 1 } });
  for (let count = 1; count <= 3; count++) {
    await eventually(() => starts() === "start\n".repeat(count), "it listens");
    await web.reaches("running");
    assertEquals(exists(box.path("taken")), false);
    endIfThere(web.pid);
  }
  await web.stop();
  assertEquals(box.processes(), []);
}, ["python3"]);

e2e(
  "kept: a program that is missing for a while is waited for, and others do not notice",
  async (box) => {
    const [web, other] = [new KeptDaemon(box), new KeptDaemon(box, "other")];
    const program = box.script("program", "#!/bin/sh\nexec sleep 1000\n");
    other.start({ words: ["sleep", "1000"] });
    web.start({ words: [program], startMs: 0, backoff: { firstMs: 1, mostMs: 20 } });
    const { pid } = await web.reaches("running").then((state) => state.program!);
    const before = (await other.reaches("running")).program;
    Deno.renameSync(program, `${program}.away`);
    endIfThere(pid);
    await web.reaches("waiting", ({ failures }) => failures > 3);
    Deno.renameSync(`${program}.away`, program);
    await web.reaches("running", ({ program }) => program !== undefined && program.pid !== pid);
    assertEquals(other.state()!.program, before);
    await web.stop();
    await other.stop();
  },
);

e2e("kept: a script that forks twice badly is kept by what it leaves", async (box) => {
  const script = box.script(
    "forks",
    `#!/bin/bash
(setsid bash -c 'sleep 0.1; (exec -a worker sleep 1000) & exit 0' > /dev/null 2>&1 &)
exit 0
`,
  );
  const web = new KeptDaemon(box);
  web.start({ words: [script], forking: true, startMs: 0 });
  const first = await web.reaches("running", () => wordsOf(web.pid)[0] === "worker");
  assertEquals(first.handedOver, true);
  await eventually(() => statFields(web.pid)?.[1] === String(first.keeper!.pid), "its parent");
  endIfThere(web.pid);
  const second = await web.reaches(
    "running",
    ({ restarts }) => restarts === 1 && wordsOf(web.pid)[0] === "worker",
  );
  assertEquals([second.runs[0].pid, second.runs[0].signal], [first.program!.pid, "KILL"]);
  await web.stop();
});

e2e(
  "kept: a program whose first process ends with 0 and leaves one is kept without being told",
  async (box) => {
    const script = box.script(
      "one",
      "#!/bin/bash\n(exec -a heir sleep 1000) &\nsleep 0.3; exit 0\n",
    );
    const web = new KeptDaemon(box);
    web.start({ words: [script], startMs: 0 });
    await web.reaches("running", ({ handedOver }) => handedOver === true);
    assertEquals(wordsOf(web.pid)[0], "heir");
    assertEquals(web.state()!.runs, []);
    const stopped = await web.stop();
    assertEquals(stopped.runs[0].signal, "TERM");
  },
);

e2e(
  "kept: --forking that leaves nothing, or never ends its first process, has failed",
  async (box) => {
    const none = new KeptDaemon(box, "none");
    none.start({ words: ["sh", "-c", "exit 0"], forking: true, restart: "no" });
    await none.reaches("failed");
    await none.isLeft();
    const never = new KeptDaemon(box, "never");
    never.start({ words: ["sleep", "1000"], forking: true, restart: "no", readyTimeoutMs: 200 });
    const state = await never.reaches("failed");
    assertMatch(state.runs[0].by!, /its first process has not ended/);
    await never.isLeft();
  },
);

e2e("kept: redis-server --daemonize yes", async (box) => {
  const port = freePort();
  const web = new KeptDaemon(box);
  web.start({
    words: ["redis-server", "--port", `${port}`, "--daemonize", "yes", "--dir", box.directory],
    ready: [`tcp:${port}`],
    forking: true,
    startMs: 0,
  });
  const first = await web.reaches("running");
  assert(await connects(port));
  endIfThere(first.program!.pid);
  await web.reaches("running", ({ restarts }) => restarts === 1);
  assert(await connects(port));
  await web.stop();
  assert(!await connects(port));
}, ["redis-server"]);

e2e("kept: nginx, which makes a daemon of itself, with its workers", async (box) => {
  const port = freePort();
  const conf = box.path("nginx.conf");
  Deno.writeTextFileSync(
    conf,
    `pid ${box.path("nginx.pid")}; error_log ${box.path("error.log")}; events {}
http { access_log off; client_body_temp_path ${box.path("b")}; proxy_temp_path ${box.path("p")};
fastcgi_temp_path ${box.path("f")}; uwsgi_temp_path ${box.path("u")}; scgi_temp_path ${
      box.path("s")
    };
server { listen 127.0.0.1:${port}; } }\n`,
  );
  const web = new KeptDaemon(box);
  web.start({
    words: ["nginx", "-c", conf, "-p", box.directory],
    pidfile: box.path("nginx.pid"),
    forking: true,
    ready: [`tcp:${port}`],
    stop: [{ signal: 3, wait: 10_000 }],
    startMs: 0,
  });
  const first = await web.reaches("running");
  assertMatch(wordsOf(web.pid).join(" "), /nginx: master/);
  endIfThere(first.program!.pid);
  // The workers of the old one hold the port until they are ended.
  await web.reaches("running", ({ restarts }) => restarts >= 1);
  assert(await connects(port));
  await web.stop();
  assert(!await connects(port));
}, ["nginx"]);

e2e(
  "kept: readiness by notify; READY after a restart, its texts, and a change of the main process",
  async (box) => {
    const script = box.script(
      "notifies",
      `#!/bin/bash
systemd-notify --status="warming up"
sleep 0.2
systemd-notify --ready --status="serves"
exec sleep 1000
`,
    );
    const { openKeptNotify } = await import("../../src/keeper/ready/notify.ts");
    const web = new KeptDaemon(box);
    web.settle({ words: [script], ready: ["notify"], startMs: 0 });
    web.want("run");
    web.raise(undefined, [openKeptNotify()]);
    await web.reaches("starting", ({ statusText }) => statusText === "warming up");
    await web.reaches("running", ({ statusText }) => statusText === "serves");
    endIfThere(web.pid);
    await web.reaches(
      "running",
      ({ restarts, statusText }) => restarts === 1 && statusText === "serves",
    );
    await web.stop();
  },
  ["systemd-notify"],
);

e2e("kept: what is not ready in time is ended, and tried again", async (box) => {
  const web = new KeptDaemon(box);
  web.start({
    words: ["sleep", "1000"],
    ready: [`file:${box.path("never")}`],
    readyTimeoutMs: 200,
    backoff: { firstMs: 50, mostMs: 100 },
  });
  const state = await web.reaches("waiting", ({ failures }) => failures >= 2);
  assertMatch(state.runs[0].by!, /^imp keeper: not ready within 200ms/);
  assertEquals(state.runs[0].failedStart, true);
  await web.stop();
});

e2eAsRoot(
  "kept: a user with all groups and HOME, limits, nice, disk priority, oom score",
  async (box) => {
    Deno.chmodSync(box.directory, 0o755);
    const web = new KeptDaemon(box);
    const words = ["id", "-u", ";", "echo", "$HOME", ";", "ulimit", "-n", ";", "nice", ";"];
    const more = [
      "cat",
      "/proc/self/oom_score_adj",
      ";",
      "grep",
      "NoNewPrivs",
      "/proc/self/status",
    ];
    web.start({
      words: ["sh", "-c", `${[...words, ...more].join(" ")}; exec sleep 1000`],
      user: "nobody",
      nice: 5,
      ioPriority: { class: 3, level: 0 },
      oomScore: 300,
      noNewPrivileges: true,
      limits: [{ name: "nofile", resource: 7, limit: { soft: 64, hard: 64 } }],
    });
    await web.reaches("running");
    await eventually(() => web.logText().includes("NoNewPrivs"), () => web.logText());
    const lines = web.logText().trim().split("\n");
    assertEquals([lines[0], ...lines.slice(2)], ["65534", "64", "5", "300", "NoNewPrivs:\t1"]);
    assert(lines[1] !== Deno.env.get("HOME"));
    // The keeper is not changed.
    const { keeper } = web.state()!;
    assertEquals(Deno.readTextFileSync(`/proc/${keeper!.pid}/oom_score_adj`).trim(), "0");
    endIfThere(web.pid);
    await web.reaches("running", ({ restarts, failures }) => restarts + failures >= 1);
    await web.stop();
  },
);

e2eAsRoot("kept: no children, in place", async (box) => {
  const web = new KeptDaemon(box);
  web.start({
    words: ["bash", "-c", '/bin/true; echo "status $?"; exec sleep 1000'],
    noChildren: true,
  });
  await web.reaches("running");
  await eventually(() => web.logText() !== "", "it has said something");
  assert(!web.logText().includes("status 0"), web.logText());
  await web.stop();
  assert(!isAlive(web.pid));
});
