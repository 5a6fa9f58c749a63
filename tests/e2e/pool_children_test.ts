import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e } from "./harness.ts";

const NOT_ALLOWED = "daemonic processes are not allowed to have children";

e2e("pool --no-children: jobs may not start processes, and it is told which tried", async (box) => {
  const script = `if [ "$1" = bad ]; then (echo no); else echo "$1"; fi`;
  const { code, stdout, stderr } = await box.imp(
    ["pool", "-j2", "-k", "--no-children", "--shell", script, ":::", "a", "bad", "b"],
  );
  assertEquals([code, stdout], [1, "a\nb\n"]);
  assertMatch(stderr, new RegExp(`^imp pool: job 2 \\(pid \\d+\\): ${NOT_ALLOWED}$`, "m"));
  assertEquals(stderr.match(/not allowed/g)!.length, 1);
});

e2e("pool --no-children: threads work, and everything else is as usual", async (box) => {
  const python = `import threading,sys
t = threading.Thread(target=lambda: print(sys.argv[1], sys.stdin.read()))
t.start(); t.join()`;
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin" };
  const threads = await box.imp(
    ["pool", "-k", "--tag", "--no-children", "--", "python3", "-c", python, "{}", ":::", "x", "y"],
    { env },
  );
  assertEquals([threads.code, threads.stdout], [0, "x\tx \ny\ty \n"]);
  const missing = await box.imp(["pool", "--no-children", "--", "no-such-program", ":::", "1"]);
  assertEquals(missing.code, 127);
  const status = await box.imp(["pool", "--no-children", "--shell", "kill -9 $$", ":::", "1"]);
  assertEquals(status.code, 1);
  const ignored = await box.sh(
    `trap '' HUP; "$IMP" pool --no-children -- grep SigIgn ::: /proc/self/status`,
  );
  assertMatch(ignored.stdout, /SigIgn:\s*0+1$/m);
});

e2e("pool --no-children: hundreds of jobs, each once, none hangs", async (box) => {
  const { code, stdout, stderr } = await box.sh(
    `seq 600 | "$IMP" pool -j4 -k --no-children -- echo`,
  );
  assertEquals([code, stderr], [0, ""]);
  assertEquals(stdout, Array.from({ length: 600 }, (_, i) => `${i + 1}\n`).join(""));
});

e2e("pool --no-children: told for twenty jobs at most", async (box) => {
  const { code, stderr } = await box.sh(`seq 30 | "$IMP" pool --no-children --shell '(true)'`);
  assertEquals(code, 30);
  assertEquals(stderr.match(/not allowed/g)!.length, 20);
  assertStringIncludes(stderr, "further attempts are not reported");
});

e2e("pool --workers --no-children: a worker that tries is named", async (box) => {
  const worker = box.script(
    "worker",
    '#!/bin/sh\nwhile read -r x; do (true) 2>/dev/null; echo "$x"; done\n',
  );
  const { stderr } = await box.imp(
    ["pool", "-j1", "--workers", "--no-children", "--", worker, ":::", "a"],
  );
  assertMatch(stderr, new RegExp(`worker 1 \\(pid \\d+\\): ${NOT_ALLOWED}`));
});

e2e("pool --sem --no-children: also a program that runs in turn", async (box) => {
  const { code, stderr } = await box.imp(
    ["pool", "--sem", "one", "--no-children", "--", "sh", "-c", "(true)"],
    { env: { IMP_HOME: box.directory, XDG_RUNTIME_DIR: box.directory } },
  );
  assert(code !== 0);
  assertStringIncludes(stderr, NOT_ALLOWED);
});

e2e(
  "pool: no thread of imp is interrupted when a job ends, and no job has a signal blocked",
  async (box) => {
    const script = "exec sed -n s/SigBlk://p /proc/self/status";
    const trace = "strace -f -e trace=none -e signal=CHLD -o trace";
    await box.sh(`seq 50 | ${trace} "$IMP" pool -j4 --shell '${script}' >out`);
    const masks = Deno.readTextFileSync(box.path("out")).trim().split(/\s+/);
    assertEquals(masks, new Array(50).fill("0".repeat(16)));
    // The guard, a shell, is not a thread of imp; it has no children.
    assertEquals(Deno.readTextFileSync(box.path("trace")).match(/--- SIGCHLD .*/g) ?? [], []);
  },
  ["strace"],
);
