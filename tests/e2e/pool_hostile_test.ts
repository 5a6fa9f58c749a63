// What the pool does where its surroundings are broken: closed descriptors, full disks, limits.
import { assertEquals, assertMatch } from "@std/assert";
import { e2e } from "./harness.ts";

e2e("pool: with stdin closed it says so; items from elsewhere need none", async (box) => {
  for (const mode of ["", "--pipe", "--halt soon,fail=50%", "--workers"]) {
    const { code, stderr } = await box.sh(`"$IMP" pool ${mode} -- cat <&-`);
    assertEquals(code, 125, mode);
    assertMatch(stderr, /^imp pool: cannot read standard input: EBADF .*\n {2}it was closed/, mode);
  }
  const { code, stdout } = await box.sh(`"$IMP" pool -k -- echo ::: a b <&-`);
  assertEquals({ code, stdout }, { code: 0, stdout: "a\nb\n" });
});

e2e("pool: with stdout or stderr closed no output is lost in silence", async (box) => {
  for (const mode of ["", "-k", "--tag", "--line-buffer", "--json", "--dry-run", "--workers"]) {
    const program = mode === "--workers" ? "cat" : "echo";
    const { code, stderr } = await box.sh(`"$IMP" pool ${mode} ${program} ::: a >&-`);
    assertEquals(code, 125, mode);
    assertMatch(stderr, /cannot write to standard output: EBADF/, mode);
  }
  const quiet = await box.sh(`"$IMP" pool -- true ::: a >&- 2>&-`);
  assertEquals(quiet.code, 0);
  const err = await box.sh(`"$IMP" pool --shell 'echo lost >&2' ::: a 2>&-`);
  assertEquals(err.code, 125);
});

e2e(
  "pool: what jobs inherit of closed descriptors fails as closed ones do, and nothing else is there",
  async (box) => {
    const ungrouped = await box.sh(`"$IMP" pool -u --shell 'echo lost' ::: a >&-`);
    assertEquals(ungrouped.code, 1);
    assertMatch(ungrouped.stderr, /I\/O error|Bad file descriptor/);
    const turn = await box.sh(`"$IMP" pool --sem s -- sh -c 'cat; echo $?' <&-`, {
      env: { IMP_HOME: box.path("home") },
    });
    assertEquals(turn.stdout, "1\n");
    const open = await box.sh(
      `"$IMP" pool --joblog log -u --shell 'in=$(readlink /proc/$$/fd/0) out=$(readlink /proc/$$/fd/1); echo $in $out >&2' ::: a <&- >&-`,
    );
    assertEquals(open.stderr, "/dev/null /dev/null\n");
  },
);

e2e(
  "pool -k --halt: what has ended is printed, though an earlier job waits for its next attempt",
  async (box) => {
    const script = 'case $1 in 1) exit 75 ;; 3) exit 9 ;; esac; echo "$1"';
    for (const when of ["now", "soon"]) {
      const { code, stdout } = await box.sh(
        `"$IMP" pool -k -j1 --retries 2 --retry-delay 1h --retry-on 75 --halt ${when},fail=1 --shell '${script}' ::: 1 2 3 4`,
      );
      assertEquals({ when, code, stdout }, { when, code: 9, stdout: "2\n" });
    }
  },
);

e2e("pool --halt: with a reader who never reads, a signal still ends it", async (box) => {
  const { stdout } = await box.sh(`
    mkfifo pipe; sleep 60 < pipe & reader=$!
    "$IMP" pool -j1 --halt now,fail=1 --shell 'head -c 3000000 /dev/zero; : > "$1"; exit 1' ::: a b > pipe & pid=$!
    until [ -e a ] && ! pgrep -P $pid head > /dev/null; do sleep 0.02; done
    kill -TERM $pid; kill -TERM $pid 2>/dev/null; wait $pid; echo $?; kill $reader; ls b 2>/dev/null`);
  assertEquals(stdout, "143\n");
});

e2e("pool: with few descriptors every job is done, in each mode", async (box) => {
  const modes = ["-k", "--line-buffer", "--pipe -N1", "--json", "--tag"].map((mode) => [24, mode]);
  // Captures take two at a time and the item one: with any number, waiting must end.
  const inputs = [24, 23, 22].map((most) => [most, "--stdin"]);
  for (const [most, mode] of [...modes, ...inputs] as [number, string][]) {
    const program = mode.startsWith("--stdin") || mode.startsWith("--pipe") ? "cat" : "echo";
    const { stdout, stderr } = await box.sh(
      `ulimit -n ${most}; seq 12 | "$IMP" pool -j9 ${mode} ${program} | wc -l; echo \${PIPESTATUS[1]}`,
    );
    assertEquals({ most, mode, stdout }, { most, mode, stdout: "12\n0\n" });
    assertMatch(stderr, /^imp pool: -j 9: only 1 at once/);
  }
});

e2e("pool: without a descriptor for even one job or worker it says so and ends", async (box) => {
  for (const [most, how] of [[12, "echo"], [17, "--workers cat"]]) {
    const { code, stderr } = await box.sh(`ulimit -n ${most}; "$IMP" pool ${how} ::: a`);
    assertEquals({ how, code }, { how, code: 125 });
    assertMatch(stderr, /EMFILE.*\n.*ulimit -n/);
  }
});
