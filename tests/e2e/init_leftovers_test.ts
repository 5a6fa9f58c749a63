// What imp init does with processes that its program leaves behind, and with orphans while it runs.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, e2eAsRoot, NEVER, rounds, SOON_MS } from "./harness.ts";

/** The words that run something as PID 1 of a namespace. */
const AS_PID_1 = ["unshare", "-pf", "--mount-proc", "--kill-child"];

const LEFTOVERS = `
sleep 300 &
setsid sleep 301 &
(setsid sh -c '(sleep 302 &) ; exec sleep 303' &)
setsid sh -c 'trap "" TERM HUP INT; echo up >stubborn; while :; do sleep 0.1; done' &
until [ -s stubborn ]; do :; done
exit 3`;

for (const [where, before] of [["as subreaper", []], ["as PID 1", AS_PID_1]] as const) {
  const define = before.length > 0 ? e2eAsRoot : e2e;

  define(
    `init ${where}: leaves nothing, names what leaked, and waits no longer than needed`,
    async (box) => {
      const imp = `${before.join(" ")} "$IMP" init`;
      const begin = performance.now();
      const quick = await box.sh(
        // Both must be what they are named by: right after fork they still are the shell.
        `${imp} -w --grace ${NEVER} -- sh -c 'sleep 300 & setsid sleep 301 & ` +
          `for n in 300 301; do until pgrep -f "^sleep $n" >/dev/null; do :; done; done; exit 2'`,
      );
      assertEquals(quick.code, 2);
      assert(performance.now() - begin < SOON_MS, "it did not wait for the whole grace");
      assertStringIncludes(quick.stderr, "sleep 300)");
      assertStringIncludes(quick.stderr, "sleep 301)");
      const stubborn = await box.sh(
        `${imp} --grace 300ms -- sh -c '${LEFTOVERS.replaceAll("'", `'\\''`)}'`,
      );
      assertEquals([stubborn.code, stubborn.stderr], [3, ""]);
      assertEquals(box.processes(), []);
    },
  );

  define(`init ${where}: stopped leftovers end too`, async (box) => {
    const begin = performance.now();
    const imp = `${before.join(" ")} "$IMP" init --grace ${NEVER}`;
    const { code } = await box.sh(`${imp} -- sh -c 'setsid sleep 300 & kill -STOP $!; exit 1'`);
    assertEquals(code, 1);
    assert(performance.now() - begin < SOON_MS);
  });

  define(`init ${where}: orphans are reaped while the program runs`, async (box) => {
    // A process that has not been reaped is still a child of init.
    const script = `for i in $(seq 200); do (true & ); done; n=0; ` +
      `until [ "$(wc -w </proc/$PPID/task/$PPID/children)" -eq 1 ]; do ` +
      `n=$((n + 1)); [ $n -lt 1000 ] || { echo left; break; }; sleep 0.01; done; exit 0`;
    const { stdout } = await box.sh(
      `${before.join(" ")} "$IMP" init -- sh -c '${script.replaceAll("'", `'\\''`)}'`,
    );
    assertEquals(stdout, "");
  });
}

e2e("init: what is forked while the others are asked to end is asked too", async (box) => {
  // A loop that starts sessions of their own, also while init looks and signals.
  const script = `setsid sh -c 'while :; do
setsid sleep 300 & setsid sleep 301 & setsid sleep 302 & sleep 0.001; done' & sleep 0.3`;
  box.script("storm", script);
  for (let i = 0; i < rounds(3, 60); i++) {
    const begin = performance.now();
    const { code } = await box.imp(["init", "--grace", NEVER, "--", "./storm"]);
    assertEquals(code, 0);
    assert(performance.now() - begin < SOON_MS, "it waited for the grace");
  }
});

e2e("init: what a leftover starts in order to end well is left to it", async (box) => {
  const script = `setsid sh -c 'trap "sleep 0.5 && echo yes >saved; exit" TERM
echo >up; while :; do sleep 0.02; done' &
until [ -f up ]; do :; done`;
  const { code } = await box.imp(["init", "--grace", NEVER, "--", "sh", box.script("x", script)]);
  assertEquals([code, Deno.readTextFileSync(box.path("saved"))], [0, "yes\n"]);
});

e2e("init: storms of orphans, 10,000 of them: nothing left, memory flat", async (box) => {
  // So many at once slow down everything that reads /proc: all at once only in a long run.
  const atOnce = rounds(1000, 10_000), storms = 1 + rounds(10, 1);
  // They wait at a FIFO that nobody writes to, orphans already, until their group is killed at once.
  const script = `mkfifo gate
for storm in $(seq ${storms}); do
  setsid dash -c 'echo $$ >group; for i in $(seq ${
    atOnce / 100
  }); do ( for j in $(seq 100); do { read x <gate; } & done ); done'
  [ "$(wc -w </proc/$PPID/task/$PPID/children)" -eq ${
    atOnce + 1
  } ] || echo "not all in storm $storm"
  kill -9 -$(cat group)
  until [ "$(wc -w </proc/$PPID/task/$PPID/children)" -eq 1 ]; do sleep 0.01; done
  case $storm in 1 | ${storms}) grep RssAnon /proc/$PPID/status; esac
done`;
  const { stdout, code } = await box.imp(["init", "--", "dash", box.script("storm", script)]);
  assertEquals(code, 0);
  assertMatch(stdout, /^(RssAnon:\s+\d+ kB\n){2}$/);
  const [first, last] = [...stdout.matchAll(/(\d+) kB/g)].map(([, kb]) => Number(kb));
  assert(last - first < 2048, `grew from ${first} to ${last} KiB`);
});

e2eAsRoot("init: where /proc hides others, or is that of another namespace", async (box) => {
  const leave = `sh -c 'setsid sleep 300 & sleep 301 & exit 5'`;
  const hidden = await box.sh(
    `unshare -pfm sh -c 'mount -t proc -o hidepid=2 proc /proc; chmod 755 .; exec setpriv --reuid 65534 --regid 65534 --clear-groups "$IMP" init -- ${
      leave.replaceAll("'", `'\\''`)
    }'`,
  );
  assertEquals([hidden.code, hidden.stderr], [5, ""]);
  const foreign = await box.sh(`unshare -pf "$IMP" init -- ${leave}`);
  assertEquals([foreign.code, foreign.stderr], [5, ""]);
  assertEquals(box.processes(), []);
});
