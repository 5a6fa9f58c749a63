// Files of jobs on hosts: --transferfile, --return, --cleanup, --basefile, --workdir and --env, as a user has it.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, e2eAsRoot, endIfThere, eventually, type Sandbox, wordsOf } from "./harness.ts";
import { SSH_TOOLS, startHosts, type TestHosts } from "./sshd.ts";
import { tree } from "../hosts/files/tree_names.ts";

/** What is in a home besides what was put there for ssh, and imp itself. */
function left(hosts: TestHosts): string[] {
  return hosts.hosts.flatMap(({ home }) =>
    tree(home).filter((name) => !/^\.(ssh|cache)\//.test(name))
  );
}

interface Place {
  readonly box: Sandbox;
  /** Runs a script in an empty directory, in which $POOL is imp pool with these hosts. */
  sh(script: string, env?: Record<string, string>): ReturnType<Sandbox["sh"]>;
  read(name: string): string;
  files(): string[];
}

function placeOf(box: Sandbox): Place {
  Deno.mkdirSync(box.path("here"), { recursive: true });
  return {
    box,
    sh: (script, env = {}) =>
      box.sh(script, { cwd: box.path("here"), env: { POOL: `${box.path("pool")}`, ...env } }),
    read: (name) => Deno.readTextFileSync(box.path(`here/${name}`)),
    files: () => tree(box.path("here")),
  };
}

/** `$POOL` as one word, so that its own words need no care. */
function withPool(box: Sandbox, words: string): Place {
  // Of bash: others drop functions from the environment.
  box.script("pool", `#!/bin/bash\nexec "$IMP" pool ${words} "$@"\n`);
  return placeOf(box);
}

function here(name: string, body: (place: Place) => Promise<void>): void {
  e2e(`pool files, here: ${name}`, (box) => body(withPool(box, "-S :")));
}

function overSsh(
  name: string,
  names: readonly string[],
  body: (place: Place, hosts: TestHosts) => Promise<void>,
  prepare?: string,
): void {
  e2eAsRoot(`pool files, over ssh: ${name}`, async (box) => {
    const hosts = await startHosts(
      box,
      names.map((name) => ({ name, installed: true, prepare })),
    );
    try {
      const place = withPool(box, `--ssh '${hosts.ssh}' -S 2/${names.join(",2/")}`);
      await body(place, hosts);
      await eventually(() => hosts.remote().length === 0, "the hosts are quiet");
    } finally {
      await hosts.stop();
    }
  }, SSH_TOOLS);
}

here(
  "a job has its file in another directory, with mode and time, and brings its result back",
  async (place) => {
    const { code, stdout, stderr } = await place.sh(`
    echo text > x; chmod 640 x; touch -d '2020-02-03 04:05:06.789123456 UTC' x
    $POOL --workdir ../w --trc {}.out --shell 'stat -c "%a %.9Y" "$1"; cp -p "$1" "$1.out"' ::: x
    stat -c "%a %.9Y" x.out; ls ..`);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout, "640 1580702706.789123456\n".repeat(2) + "here\npool\n");
  },
);

here(
  "a file that is where it goes is neither copied nor removed, nor is a result",
  async (place) => {
    const { code, stdout } = await place.sh(`
    echo a > x; ls -i x > before
    $POOL --trc {}.out --shell 'cat "$1" > "$1.out"' ::: x "$PWD/x"
    ls -i x | cmp - before && cat x.out`);
    assertEquals([code, stdout], [0, "a\n"]);
    assertEquals(place.files(), ["before", "x", "x.out"]);
  },
);

here("paths of GNU parallel: absolute, from the work directory, behind /./", async (place) => {
  const { code, stdout, stderr } = await place.sh(`
    mkdir -p in/d; echo 1 > in/d/x; echo 2 > in/y
    $POOL -k --workdir ../w --transferfile {} --shell 'pwd' ::: in/d/x in/./d/x "$PWD/in/y"
    (cd ../w && find . -type f | sort)`);
  const w = place.box.path("w");
  assertEquals([code, stdout, stderr], [0, `${w}\n${w}\n${w}\n./d/x\n./in/d/x\n`, ""]);
});

here("a job has a directory of its own, and of that nothing is left", async (place) => {
  const { stdout, stderr } = await place.sh(`
    echo a > x; export HOME=$PWD/../home; mkdir $HOME
    $POOL -k --wd ... --transferfile {} --return {}.out --shell 'ls; pwd; echo b > "$1.out"; echo > more' ::: x
    cat x.out; find $HOME`);
  const home = place.box.path("here/../home");
  assertMatch(stdout, /^x\n\/.*\/home\/\.imp\/tmp\/\d+-[0-9a-f]{8}\/1\nb\n/);
  assert(stdout.endsWith(`\nb\n${home}\n`), stdout);
  assertEquals(stderr, "");
});

here(
  "a directory with placeholders is made for each job, and is removed with --cleanup",
  async (place) => {
    const { stdout } = await place.sh(`
    $POOL -k --cleanup --return r{} --wd ../w/{} --shell 'basename "$PWD"; echo "$1" > r$1' ::: a b; ls ..; cat ra rb
    $POOL --wd ../stays true ::: a; ls ..`);
    assertEquals(stdout, "a\nb\nhere\npool\na\nb\nhere\npool\nstays\n");
  },
);

here(
  "a job whose file is missing is not run; one whose result is missing has failed",
  async (place) => {
    const { code, stdout, stderr } = await place.sh(`
    $POOL --wd ../w --joblog log --transferfile {} --shell 'echo ran' ::: none
    echo $?
    $POOL --wd ../w --joblog log2 --return {}.out --retries 2 --shell 'echo ran' ::: a
    echo $?; cut -f1,7,8 log log2
    $POOL --wd ../w --return {}.out --shell 'exit 3' ::: a 2>&1`);
    assertEquals(code, 1);
    assertEquals(
      stdout,
      "1\nran\n1\nSeq\tExitval\tSignal\n1\t127\t0\nSeq\tExitval\tSignal\n1\t-2\t0\n" +
        `imp pool: job 1 failed on : (exit 3): /bin/sh -c 'exit 3' sh a\nimp pool: 1 job: 0 succeeded, 1 failed\n`,
    );
    assertStringIncludes(
      stderr,
      "job 1 failed on : (not started): cannot read none: ENOENT (no such file or directory)\n",
    );
    assertStringIncludes(
      stderr,
      "job 1 failed on : (not returned: cannot read a.out: ENOENT (no such file or directory), 2 attempts): ",
    );
  },
);

here("names of any bytes, empty files, trees", async (place) => {
  const { code, stderr } = await place.sh(`
    n=$(printf 'a b\\n\\377"$(touch bad)*'); : > "$n"; mkdir -p t/e; echo 1 > t/e/f; ln -s f t/e/l
    printf '%s\\0t\\0' "$n" | $POOL -0 --wd ../w --trc {}.out cp -a {} {}.out
    test -f "$n.out" && test "$(readlink t.out/e/l)" = f && test ! -e bad && test ! -e ../w`);
  assertEquals([code, stderr], [0, ""]);
});

here("several items of a job are several files; -I and --header too", async (place) => {
  const { code, stdout, stderr } = await place.sh(`
    touch a b c
    $POOL -n3 --wd ../w --cleanup --transfer --return {.}.n --shell 'for i; do echo "$i" > "$i.n"; done' ::: a b c
    cat a.n b.n c.n
    $POOL -I,, --wd ../w --transfer ls ,, ::: a
    printf 'name\\na\\n' | $POOL --header : --wd ../v --transferfile {name} ls {name}`);
  assertEquals([code, stdout, stderr], [0, "a\nb\nc\na\na\n", ""]);
});

here("--basefile is there for every job, and goes with --cleanup", async (place) => {
  const { code, stdout, stderr } = await place.sh(`
    echo base > b; touch x y
    $POOL -k --wd ../w --bf b --cleanup --transfer cat b {} ::: x y; ls ..
    $POOL --wd ../w --bf none cat ::: x`);
  assertEquals([code, stdout], [1, "base\nbase\nhere\npool\n"]);
  assertStringIncludes(stderr, "cannot read none: ENOENT");
});

here("jobs whose files would stand in each other's place wait for each other", async (place) => {
  const { stdout, stderr } = await place.sh(`
    mkdir a b; echo a > a/x; echo b > b/x
    $POOL -j2 -k --wd ../w --transferfile {}/./x --shell 'cat x; sleep 0.2; cat x' ::: a b
    $POOL -j2 -k --wd ../w --return {}/./out --shell 'echo "$1" > out; sleep 0.1; cat out' ::: a b
    cat a/out b/out`);
  assertEquals([stdout, stderr], ["a\na\nb\nb\na\nb\na\nb\n", ""]);
});

here(
  "a second job with the same name for its result is not run: the first one's would be lost",
  async (place) => {
    const { stdout, stderr } = await place.sh(`
    $POOL -j1 --wd ../w --return out --shell 'echo "$1" > out' ::: 1 2; echo $?; cat out`);
    assertEquals(stdout, "1\n1\n");
    assertStringIncludes(
      stderr,
      "cannot return out: EEXIST (another job returns a file of that name)",
    );
  },
);

here("wrong words: one sentence each, and nothing runs", async (place) => {
  const table: [words: string, says: string][] = [
    ["--transferfile '' true ::: a", "--transferfile: the name is empty"],
    ["--return '' true ::: a", "--return: the name is empty"],
    ["--wd '' true ::: a", "--chdir needs a name, and it is empty"],
    ["--cleanup true ::: a", "--cleanup: nothing is sent or returned that could be removed"],
    ["--env A=1 true ::: a", "--env 'A=1': not the name of a variable"],
    ["--env '' true ::: a", "--env '': not the name of a variable"],
    ["--wd ... --bf b true ::: a", "--basefile b: each job has another work directory"],
    ["--wd {} --bf b true ::: a", "--basefile b: each job has another work directory"],
    ["--pipe --transfer cat", "--pipe gives blocks, not items: {} cannot be used"],
    ["--workers --transfer cat", "cannot be used with workers"],
    ["--return true", "no program given"],
  ];
  for (const [words, says] of table) {
    const { code, stdout, stderr } = await place.sh(`$POOL ${words} </dev/null`);
    assertEquals([code, stdout], [2, ""], words);
    assertStringIncludes(stderr, says, words);
  }
  const jobs: [words: string, says: string][] = [
    [
      "--transfer echo ::: ../x",
      "cannot send ../x: EINVAL (its place would be outside of the work",
    ],
    ["--transfer echo ::: ''", "cannot send a file: EINVAL (its name is empty)"],
    ["--return {} echo ::: /", "cannot return /: EINVAL (it does not name a file)"],
    ["--wd /proc/x echo ::: a", "cannot make the work directory /proc/x: ENOENT"],
    ["--wd ../pool echo ::: a", "cannot make the work directory ../pool: ENOTDIR"],
    ["--transfer echo ::: /dev/null", "cannot read /dev/null: EINVAL (it is a device"],
  ];
  for (const [words, says] of jobs) {
    const { code, stdout, stderr } = await place.sh(`$POOL ${words}`);
    assertEquals([code, stdout], [1, ""], words);
    assertStringIncludes(stderr.replaceAll(/\n\s+/g, " "), says, words);
  }
  for (const option of ["--transfer", "--return x", "--bf x", "--trc x", "--cleanup", "--env A"]) {
    const { code, stderr } = await place.box.sh(`"$IMP" pool ${option} true ::: a`);
    assertEquals(code, 2);
    assertStringIncludes(stderr, "needs hosts: -S HOST,..., or --hosts FILE", option);
  }
});

here(
  "the file changes while it travels: it is read again, and told when that has no end",
  async (place) => {
    const { code, stderr } = await place.sh(`
    truncate -s 20M big; while :; do echo >> big; done & w=$!
    $POOL --wd ../w --transfer true ::: big; s=$?; kill $w; exit $s`);
    assertEquals(code, 1);
    assertStringIncludes(
      stderr,
      "cannot read big: it changed each of the 3 times that it was read",
    );
  },
);

here("killed at any moment, nothing is left but what is to stay", async (place) => {
  for (const signal of ["KILL", "TERM", "INT"]) {
    await place.sh(`
      truncate -s 20M x; export HOME=$PWD/../home; mkdir -p $HOME
      setsid -w "$POOL" --wd ../w --trc {}.out --shell 'echo > "$1.out"; sleep 900' ::: x & p=$!
      setsid -w "$POOL" --wd ... --transfer --shell 'touch up; sleep 900' ::: x &
      while ! test -e ../w/x.out; do sleep 0.01; done
      while ! test -n "$(find $HOME -name up)"; do sleep 0.01; done
      pkill -${signal} -P $p,$! ; wait`);
    await eventually(
      () =>
        tree(place.box.path("here")).join() === "x" && tree(place.box.path("home")).length === 0,
      () => `${signal}: ${tree(place.box.directory)}`,
    );
    await place.box.endAll();
  }
});

overSsh("files go to the host that runs the job and come back; nothing is left there", [
  "ann",
  "bob",
], async (place, hosts) => {
  const { code, stdout, stderr } = await place.sh(`
    mkdir in; for i in 1 2 3 4 5 6; do echo $i > in/f$i; done
    $POOL -k --trc {}.out --shell 'test "$(id -un)" != root && tr 1-6 a-f < "$1" > "$1.out"; echo "$PWD"' ::: in/f*
    cat in/*.out`);
  assertEquals([code, stderr], [0, ""]);
  const lines = stdout.split("\n");
  assert(lines.slice(0, 6).every((line) => ["/home/ann", "/home/bob"].includes(line)), stdout);
  assertEquals(lines.slice(6).join(""), "abcdef");
  assertEquals(left(hosts), []);
});

overSsh("work directories: the login directory, the same as here, one below it, one of its own", [
  "ann",
], async (place, hosts) => {
  const { stdout, stderr } = await place.sh(
    `
    mkdir -p "$HOME_HERE/p/q"; cd "$HOME_HERE/p/q"; export HOME="$HOME_HERE"
    for w in "" . a/b /tmp ...; do $POOL \${w:+--wd "$w"} --shell pwd ::: ""; done`,
    { HOME_HERE: place.box.path("home-here") },
  );
  assertEquals(stderr, "");
  const lines = stdout.trimEnd().split("\n");
  assertEquals(lines.slice(0, 4), ["/home/ann", "/home/ann/p/q", "/home/ann/a/b", "/tmp"]);
  assertMatch(lines[4], /^\/home\/ann\/\.imp\/tmp\/\d+-[0-9a-f]{8}\/1$/);
  assertEquals(left(hosts), ["a/", "a/b/", "p/", "p/q/"]);
});

overSsh(
  "variables go there by name; _ means all that are not of this place",
  ["ann"],
  async (place) => {
    const { stdout, stderr } = await place.sh(
      `
    $POOL --shell 'echo "$A-$B"' ::: x
    $POOL --env A --shell 'echo "$A-$B"' ::: x
    $POOL --env _ --shell 'echo "$A-$B $HOME"' ::: x
    $POOL --env C true ::: x
    bash -c 'f() { echo "f of $1"; }; export -f f; $POOL --env f bash -c f\\ x ::: x'`,
      { A: "a\nb", B: 'b"$(exit)' },
    );
    assertEquals(stdout, `-\na\nb-\na\nb-b"$(exit) /home/ann\nf of x\n`);
    assertEquals(stderr, "imp pool: --env C: no such variable is exported\n");
  },
);

overSsh(
  "no room there: the job is not run, or its result says so; nothing half is left",
  ["ann"],
  async (place, hosts) => {
    const { code, stdout, stderr } = await place.sh(`
    truncate -s 30M big; echo > small
    $POOL --wd /mnt --trc {}.out --shell 'echo ran > "$1.out"' ::: big small; echo $?; ls *.out`);
    assertEquals([code, stdout], [0, "1\nsmall.out\n"]);
    assertStringIncludes(stderr, "job 1 failed on ann (not started): cannot write to big: ENOSPC");
    const listed = await place.sh("$POOL --shell 'ls -A /mnt' ::: x");
    assertEquals(listed.stdout, "");
    assertEquals(left(hosts), []);
  },
  "mount -t tmpfs -o size=4M,mode=1777 tmpfs /mnt",
);

overSsh(
  "a host that is lost in the middle leaves no half file, here or there",
  ["ann"],
  async (place, hosts) => {
    const words = `--trc {}.out --shell 'truncate -s 200M "$1.out"'`;
    for (const name of ["big", "big.out"]) {
      const run = place.sh(`truncate -s 200M big; $POOL ${words} ::: big`);
      const side = () => name === "big" ? hosts.remote() : place.box.processes();
      // What has no name yet is seen as a file that was removed.
      const writer = () => side().find(writesUnnamed);
      await eventually(() => writer() !== undefined, `${name} is on its way`);
      // Its guard does what it would have done.
      for (const pid of hosts.remote()) if (wordsOf(pid).includes("--stdio")) endIfThere(pid);
      const { code, stderr } = await run;
      assertEquals(code, 1, stderr);
      assertMatch(stderr, /lost ann, with 1 job|job 1 failed on ann/);
      await eventually(() => left(hosts).length === 0, () => `left: ${left(hosts)}`);
      assertEquals(place.files(), ["big"]);
    }
  },
);

function writesUnnamed(pid: number): boolean {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/fd`)].some(({ name }) => {
      const target = Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
      return /\/(home\/ann|here)\/#\d+ \(deleted\)$/.test(target);
    });
  } catch {
    return false;
  }
}
