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
