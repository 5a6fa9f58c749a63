// The pool on file systems that are really full: a tmpfs of 1 MiB in a mount namespace of its own.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { e2e, isRoot, type RunResult, type Sandbox } from "./harness.ts";

const NAMESPACE = ["unshare", isRoot ? "-m" : "-Urm"];
const mayMount = await new Deno.Command(NAMESPACE[0], {
  args: [NAMESPACE[1], "mount", "-t", "tmpfs", "x", "/mnt"],
  stderr: "null",
}).output().then(({ success }) => success, () => false);

/** Not everywhere may a namespace be made; then the test is skipped. */
function onFullDisk(name: string, body: (box: Sandbox) => Promise<void>): void {
  e2e(name, mayMount ? body : (box) => box.skip("it needs mount namespaces"));
}

/** Runs a script in a directory of 1 MiB, which is the only one for temporary files when `alone`. */
function inSmall(box: Sandbox, script: string, alone = true): Promise<RunResult> {
  const others = "for d in /tmp /var/tmp; do mount --bind $d $d; mount -o remount,bind,ro $d; done";
  return box.run([
    ...NAMESPACE,
    "bash",
    "-ec",
    `mkdir disk; mount -t tmpfs -o size=1m x disk; cd -P disk; ${alone ? others : ""}
    export TMPDIR=$PWD; [ ${alone ? 1 : 0} = 0 ] || TMPDIR=.; set +e; ${script}`,
  ]);
}

onFullDisk(
  "pool: a full disk under the job log stops it, and every row has its output",
  async (box) => {
    const { stdout, stderr } = await inSmall(
      box,
      `seq 2000 | "$IMP" pool -j2 --joblog log -- sh -c 'echo "$1"' "$(printf %020000d 0)" > ../out; echo $?; cut -f1 log | tail -n +2 | sort -n > ../rows; tail -c1 log | od -An -c`,
    );
    assertEquals(stdout, "125\n  \\n\n");
    assertMatch(stderr, /^imp pool: cannot write to log: ENOSPC .*\n {2}not recorded: job \d+/);
    const lines = (name: string) => Deno.readTextFileSync(box.path(name)).trimEnd().split("\n");
    const printed = new Set(lines("out"));
    assert(lines("rows").length > 10);
    const rows = new Set(lines("rows"));
    assertEquals([...rows].filter((seq) => !printed.has(seq)), []);
    // Only the job whose row did not fit is printed again when the run resumes.
    const again = [...printed].filter((seq) => !rows.has(seq));
    assert(again.length <= 1, again.join(" "));
    if (again.length === 1) {
      assertMatch(stderr, new RegExp(`not recorded: job (.*, )?${again[0]}\\b`));
    }
  },
);

onFullDisk(
  "pool: a full disk under --results stops it, and what is complete says so",
  async (box) => {
    const { stdout, stderr } = await inSmall(
      box,
      `seq 20 | "$IMP" pool -j1 --results res -- sh -c 'head -c 200000 /dev/zero' > ../out; echo $?; ls res/1/*/result.json | wc -l; stat -c %s ../out; rm -r res
        seq 20 | "$IMP" pool -q -j1 --tmpdir . --files -- sh -c 'head -c 400000 /dev/zero'; stat -c %s imp-*`,
    );
    assertMatch(
      stderr,
      /^imp pool: cannot write to res\/1\/6\/.*: ENOSPC .*\n {2}not recorded: job 6[,;]/,
    );
    const [, , , ...files] = stdout.split("\n").filter((line) => !line.startsWith("./imp-"));
    assertEquals(stdout.slice(0, 14), "125\n5\n1000000\n");
    assertEquals(files, ["400000", "400000", ""]);
  },
);

onFullDisk("pool: output that could not be written is named", async (box) => {
  const { stdout, stderr } = await inSmall(
    box,
    `seq 20 | "$IMP" pool -j1 -- sh -c 'head -c 200000 /dev/zero' > out; echo $?; seq 3 | "$IMP" pool -k -j1 echo > /dev/full; echo $?`,
  );
  assertEquals(stdout, "125\n125\n");
  const error =
    /standard output: ENOSPC .*\n {2}not printed, or not whole: jobs? (\d+)[^\n]*\n {2}the disk/g;
  // Where starting is slow, later ones may have ended before the first write.
  assertEquals([...stderr.matchAll(error)].map(([, job]) => job), ["6", "1"]);
});

onFullDisk(
  "pool -k: with no room for what waits it starts nothing more until it could print",
  async (box) => {
    // The first job ends when imp has said so.
    const script =
      `[ "$1" != slow ] || until grep -q "no job is started" ../err; do sleep 0.02; done
    head -c 100000 /dev/zero; echo "$1"`;
    const { stdout } = await inSmall(
      box,
      `(echo slow; seq 60) | "$IMP" pool -k -j3 --shell '${script}' 2> ../err | tr -d '\\0' | tr '\\n' ' '; echo; cat ../err`,
    );
    const [out, err] = stdout.split("\n");
    assertEquals(out, ["slow", ...Array.from({ length: 60 }, (_, i) => i + 1), ""].join(" "));
    assertMatch(
      err,
      /^imp pool: cannot keep the output of jobs in \.: ENOSPC .*; no job is started/,
    );
  },
);

onFullDisk("pool -k: when TMPDIR is full what waits goes to another folder", async (box) => {
  const script =
    `if [ "$1" = slow ]; then until [ -e ../40 ]; do sleep 0.02; done; else : > "../$1"; fi
    head -c 100000 /dev/zero; echo "$1"`;
  const { stdout, stderr } = await inSmall(
    box,
    `(echo slow; seq 60) | "$IMP" pool -k -j3 --shell '${script}' | tr -d '\\0' | tr '\\n' ' '`,
    false,
  );
  assertEquals({ stdout, stderr }, {
    stdout: ["slow", ...Array.from({ length: 60 }, (_, i) => i + 1), ""].join(" "),
    stderr: "",
  });
});

onFullDisk(
  "pool: a running job's output for which there is no room stops it and is named",
  async (box) => {
    const { stdout, stderr } = await inSmall(
      box,
      `"$IMP" pool --shell 'head -c 20000000 /dev/zero; sleep 100' ::: 1; echo $?
    seq 1000000 | "$IMP" pool --halt soon,fail=50% true; echo $?`,
    );
    assertEquals(stdout, "125\n125\n");
    assertMatch(stderr, /cannot keep the output of job 1 in \.: ENOSPC .*\n {2}set TMPDIR/);
    assertMatch(stderr, /cannot keep the input, to count it, in \.: ENOSPC .*\n {2}set TMPDIR/);
  },
);

onFullDisk(
  "pool: a result for which there is no room here stays where it is, and its job has failed",
  async (box) => {
    const { stdout, stderr } = await inSmall(
      box,
      `"$IMP" pool -S : --wd ../w --return r{} --cleanup --shell 'head -c $1 /dev/zero > r$1' ::: 3000000 10; echo $?; ls -A; ls -A ../w`,
      false,
    );
    assertEquals(stdout, "1\nr10\nr3000000\n");
    assertMatch(stderr, /job 1 failed on : \(not returned: cannot write to r3000000: ENOSPC/);
  },
);
