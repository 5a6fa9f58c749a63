import { assertEquals } from "@std/assert";
import { e2e, sideBySide } from "./harness.ts";

/**
 * A job that leaves processes behind in every way: in a session of its own, without a parent, without its environment. Each
 * attempt says which of those that the last one left it finds alive. `$1` is the item.
 */
const LEAVES = `
  for pid in $(cat left.$1 2>/dev/null); do
    case $(cut -d ' ' -f 3 /proc/$pid/stat 2>/dev/null) in ""|Z|X) ;; *) echo "$1: $pid lives" ;; esac
  done
  setsid sh -c 'echo $$ >> "left.$0"; exec sleep 60' $1 &
  (env -i PATH="$PATH" setsid sh -c 'echo $$ >> "left.$0"; (trap "" TERM; echo $$ >> "left.$0"; sleep 60) & exec sleep 60' $1 &)
  sh -c 'echo $$ >> "left.$0"; exec sleep 60' $1 &
  until [ $(wc -l < left.$1) -ge $2 ]; do sleep 0.01; done
`;
/** What one attempt writes into `left.*`. */
const LINES = 4;

/** Counts the attempts of an item: sets `n`. */
const COUNT = `echo >> tries.$1; n=$(wc -l < tries.$1);`;

const beside = sideBySide();

for (const jobs of ["-j1", "-j2"]) {
  beside(
    `pool ${jobs}: a failed attempt has ended with all that it started before the next one begins`,
    async (box) => {
      const { code, stdout } = await box.imp([
        "pool",
        jobs,
        "--retries",
        "3",
        "--term-seq",
        "TERM,300ms,KILL",
        "--shell",
        `${COUNT} set -- $1 $((n * ${LINES})); ${LEAVES} exit 7`,
        ":::",
        "a",
        "b",
      ]);
      assertEquals({ code, stdout }, { code: 2, stdout: "" });
      assertEquals([await lines(box.path("tries.a")), await lines(box.path("tries.b"))], [3, 3]);
    },
  );

  beside(
    `pool ${jobs}: an attempt whose time is up has ended with all that it started before the next one begins`,
    async (box) => {
      const { code, stdout } = await box.imp([
        "pool",
        jobs,
        "--retries",
        "2",
        "--timeout",
        "3s",
        "--term-seq",
        "TERM,300ms,KILL",
        "--shell",
        // A loaded machine may be late with everything: only an attempt that has left all is a try.
        `n=$(cat tries.$1 2>/dev/null | wc -l); set -- $1 $(((n + 1) * ${LINES})); ${LEAVES} echo >> tries.$1; sleep 60`,
        ":::",
        "a",
        "b",
      ]);
      assertEquals({ code, stdout }, { code: 2, stdout: "" });
    },
  );
}

e2e(
  "pool: what a job that did well has left for others stays, whatever attempts of others fail",
  async (box) => {
    const { code, stdout } = await box.imp([
      "pool",
      "-j1",
      "--retries",
      "2",
      "--shell",
      `case $1 in
      first) setsid sh -c 'echo $$ > served; exec sleep 60' & until [ -s served ]; do sleep 0.01; done ;;
      fails) setsid sleep 60 & exit 1 ;;
      last) kill -0 $(cat served) && echo "it serves" ;;
    esac`,
      ":::",
      "first",
      "fails",
      "last",
    ]);
    assertEquals({ code, stdout }, { code: 1, stdout: "it serves\n" });
  },
);

e2e("pool: what ends by itself right after its attempt may do so", async (box) => {
  const { stdout } = await box.sh(
    `"$IMP" pool --retries 2 -- bash -c 'exec > >(sleep 0.02; cat >> log); echo {}; exit 1' ::: x; cat log`,
  );
  assertEquals(stdout, "x\nx\n");
});

e2e(
  "pool: an attempt's tree that is still ending when the pool is stopped ends with it",
  async (box) => {
    const script = `
    "$IMP" pool --retries 2 --joblog log --term-seq TERM,60s,KILL --shell '
      setsid sh -c "trap : TERM; touch up; while :; do sleep 0.01; done" & until [ -e up ]; do sleep 0.01; done; exit 1
    ' ::: 1 & imp=$!
    until [ -e up ]; do sleep 0.01; done
    sleep 0.3; kill $imp; sleep 0.1; kill $imp; wait $imp; echo $?; wc -l < log`;
    const { stdout } = await box.sh(script, { shell: "bash" });
    // Interrupted before its second attempt, it has no row.
    assertEquals(stdout, "143\n1\n");
  },
);

beside(
  "pool --workers: a record is tried again when the whole tree of the worker that failed has ended",
  async (box) => {
    const worker = `
    setsid sh -c 'echo $$ >> left; exec sleep 60' > /dev/null 2>&1 &
    (env -i PATH="$PATH" setsid sh -c 'echo $$ >> left; exec sleep 60' > /dev/null 2>&1 &)
    until [ $(wc -l < left) -ge 2 ]; do sleep 0.01; done
    read -r line
    if [ ! -e tried ]; then touch tried; $END; fi
    alive=0
    for pid in $(head -n 2 left); do
      case $(cut -d ' ' -f 3 /proc/$pid/stat 2>/dev/null) in ""|Z|X) ;; *) alive=$((alive + 1)) ;; esac
    done
    echo "$line $alive"`;
    for (const end of ["kill -9 $$", "sleep 60"]) {
      const { code, stdout, stderr } = await box.imp(
        ["pool", "--workers", "-j1", "--retries", "2", "--timeout", "4s", "sh", "-c", worker],
        { stdin: "record\n", env: { END: `eval ${end}` } },
      );
      assertEquals({ code, stdout }, { code: 0, stdout: "record 0\n" }, stderr);
      await box.sh("rm -f left tried");
    }
  },
);

async function lines(path: string): Promise<number> {
  return (await Deno.readTextFile(path)).split("\n").length - 1;
}
