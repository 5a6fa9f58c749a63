import { assert, assertEquals, assertMatch } from "@std/assert";
import { HOST_FRAME, hostFrame } from "../../src/hosts/frames.ts";
import { e2e, eventually, exists, impBinary, type Sandbox, TAG, wordsOf } from "./harness.ts";
import { standInHosts } from "./stand_in_hosts.ts";

const lines = (text: string) => text.split("\n").filter((line) => line !== "");
const numbers = (count: number) => Array.from({ length: count }, (_, i) => `${i + 1}\n`).join("");

e2e("hosts: jobs run where they are told to, know it, and the job log does", async (box) => {
  const { imp, ssh, list } = standInHosts(box);
  const script = 'echo "$1 $PARALLEL_SSHLOGIN $PARALLEL_SEQ $PARALLEL_JOBSLOT"; sleep 0.05';
  const run = await imp(
    [
      "pool",
      "-k",
      "--joblog",
      "log",
      "-S",
      `${list(2, 2)},1/:`,
      "--",
      "sh",
      "-c",
      script,
      "sh",
      "{}",
    ],
    { stdin: numbers(40) },
  );
  assertEquals([run.code, run.stderr], [0, ""]);
  const rows = lines(run.stdout).map((line) => line.split(" "));
  assertEquals(rows.map(([item]) => item), Array.from({ length: 40 }, (_, i) => `${i + 1}`));
  const bySeq = new Map(
    lines(Deno.readTextFileSync(box.path("log"))).slice(1)
      .map((line) => line.split("\t")).map((row) => [row[0], row]),
  );
  assertEquals(bySeq.size, 40);
  const slots = new Set<string>();
  for (const [item, ...words] of rows) {
    const [seq, slot] = words.slice(-2);
    const login = words.slice(0, -2).join(" ");
    assertEquals([seq, bySeq.get(item)![1]], [item, login]);
    assert([":", `${ssh} host1`, `${ssh} host2`].includes(login), login);
    slots.add(slot);
  }
  assert([...slots].every((slot) => Number(slot) >= 1 && Number(slot) <= 5), [...slots].join());
});

e2e("hosts: {host}, {sshlogin}, {%} and tags are filled in where a job goes", async (box) => {
  const { imp, ssh } = standInHosts(box);
  const run = await imp([
    ...["pool", "-k", "-S", `2/${ssh} web1`, "--tagstring", "{host}:{%}"],
    ...["--", "sh", "-c", "echo {host} {sshlogin} {%} $PARALLEL_JOBSLOT", "sh", ":::", "a", "b"],
  ]);
  for (const line of lines(run.stdout)) {
    const [, slot] = /^web1:(\d)\t/.exec(line)!;
    assertEquals(line, `web1:${slot}\tweb1 ${ssh} web1 ${slot} ${slot}`);
  }
  const here = await box.imp(["pool", "--", "echo", "{host}", "{sshlogin}", ":::", "a"]);
  assertEquals(here.stdout, "{host} {sshlogin} a\n");
});

e2e("hosts: bytes go there and back as they are", async (box) => {
  const { imp, list } = standInHosts(box);
  const bytes = 'printf "\\000\\377\\001\\n%s" "$1"; printf "\\200" >&2';
  const words = ["pool", "-k", "-S", list(1, 2)];
  const odd = await box.run([
    "bash",
    "-c",
    `printf 'a\\377\\0b  c' | PATH="$P" "$IMP" "$@" | xxd -p`,
    "sh",
    ...words,
    "-0",
    "--",
    "sh",
    "-c",
    bytes,
    "sh",
    "{}",
  ], {
    env: { P: standInPath(box) },
  });
  assertEquals(odd.stdout.trim(), "00ff010a61ff00ff010a62202063");
  const stdin = await imp([...words, "--stdin", "--", "wc", "-c"], { stdin: "abc\nde\n" });
  assertEquals(stdin.stdout, "4\n3\n");
  const input = numbers(50_000);
  const blocks = await imp([...words, "--pipe", "--block", "20K", "--", "cat"], { stdin: input });
  assertEquals(blocks.stdout, input);
}, ["xxd"]);

function standInPath(box: { path(name: string): string }): string {
  return `${box.path("host-bin")}:${Deno.env.get("PATH")}`;
}

e2e("hosts: lines as they come, whatever comes, and records", async (box) => {
  const { imp, ssh, list } = standInHosts(box);
  const two = [
    "sh",
    "-c",
    'echo "a$1"; sleep 0.1; echo "b$1"; printf "c$1"',
    "sh",
    "{}",
    ":::",
    "1",
    "2",
  ];
  const byLine = await imp(["pool", "-S", list(2, 1), "--line-buffer", "--tag", "--", ...two]);
  assertEquals(lines(byLine.stdout.replaceAll("c1", "c1\n").replaceAll("c2", "c2\n")).sort(), [
    "1\ta1",
    "1\tb1",
    "1\tc1",
    "2\ta2",
    "2\tb2",
    "2\tc2",
  ]);
  const mixed = await imp(["pool", "-S", list(2, 1), "-u", "--", ...two]);
  assertEquals(mixed.stdout.length, "a1b1c1a2b2c2".length + 4);
  const json = await imp([
    "pool",
    "-S",
    list(1, 1),
    "--json",
    "--",
    "sh",
    "-c",
    "echo x; exit 3",
    "sh",
    ":::",
    "1",
  ]);
  const record = JSON.parse(json.stdout);
  assertEquals([record.host, record.exit, record.stdout, json.code], [`${ssh} host1`, 3, "x\n", 1]);
});

e2e("hosts: what fails is tried on another host, and says where it failed", async (box) => {
  const { imp, ssh, list } = standInHosts(box);
  const run = await imp([
    ...["pool", "-S", list(3, 1), "--retries", "3", "--"],
    ...[
      "sh",
      "-c",
      'echo "$PARALLEL_SSHLOGIN" >>"$1"; exit 4',
      "sh",
      box.path("tried"),
      ":::",
      "x",
    ],
  ]);
  assertEquals(run.code, 1);
  const tried = lines(Deno.readTextFileSync(box.path("tried")));
  assertEquals([...tried].sort(), [1, 2, 3].map((i) => `${ssh} host${i}`));
  assertMatch(run.stderr, RegExp(`job 1 failed on ${ssh} host\\d \\(exit 4, 3 attempts\\)`));
  const missing = await imp(["pool", "-S", list(1, 1), "--", "no-such-program", ":::", "x"]);
  assertEquals(missing.code, 1);
  assertMatch(missing.stderr, /\(not started\): cannot find no-such-program: ENOENT/);
  const late = await imp([
    "pool",
    "-S",
    list(1, 2),
    "--timeout",
    "200ms",
    "--joblog",
    "log",
    "--",
    "sleep",
    ":::",
    "60",
    "0",
  ]);
  assertEquals(late.code, 1);
  assertMatch(late.stderr, /job 1 failed on .* \(timed out after 200ms\): sleep 60/);
  assertMatch(Deno.readTextFileSync(box.path("log")), /\t-1\t15\tsleep 60\n/);
});

e2e("hosts: --halt stops jobs on all of them, or lets those that run end", async (box) => {
  const { imp, list } = standInHosts(box);
  const words = (
    when: string,
  ) => ["pool", "-S", list(2, 2), "--halt", `${when},fail=1`, "--joblog", `log.${when}`];
  const script = 'test "$1" = 2 && exit 7; sleep "$2"';
  const now = await imp([...words("now"), "--", "sh", "-c", script, "sh", "{}", "60"], {
    stdin: numbers(50),
  });
  assertEquals([now.code, lines(Deno.readTextFileSync(box.path("log.now"))).length], [7, 2]);
  const soon = await imp([...words("soon"), "--", "sh", "-c", script, "sh", "{}", "0.2"], {
    stdin: numbers(50),
  });
  assertEquals(soon.code, 7);
  const rows = lines(Deno.readTextFileSync(box.path("log.soon"))).length - 1;
  assert(rows >= 2 && rows <= 8, `${rows} jobs`);
});

e2e(
  "hosts: one that cannot be used is said in a sentence; the others go on without it",
  async (box) => {
    const { imp, list } = standInHosts(box);
    const dead = box.script(
      "dead-ssh",
      "#!/bin/sh\necho 'ssh: connect to host a: Connection refused' >&2\nexit 255\n",
    );
    const alone = await imp(["pool", "-S", `${dead} a`, "--", "echo", ":::", "1"]);
    assertEquals([alone.code, alone.stdout], [125, ""]);
    assertMatch(alone.stderr, /^imp pool: cannot use \S+ a: connection refused/);
    const both = await imp([
      "pool",
      "-S",
      `${dead} a,${list(1, 1)}`,
      "--",
      "sh",
      "-c",
      "sleep 0.3; echo $1",
      "sh",
      ":::",
      "1",
      "2",
    ]);
    assertEquals([both.code, lines(both.stdout).length], [0, 2]);
    assertMatch(both.stderr, /connection refused.*; going on without it/s);
    for (
      const [says, why] of [
        ["yes", "more than 65536 bytes, and none of them a worker's"],
        ['echo \'imp-worker 9 {"version":"7"}\'; cat', "speaks version 9 of the protocol"],
        [
          `echo 'imp-worker 1 {"version":"0.0.1"}'; cat`,
          "its imp is 0.0.1, and this one",
        ],
      ]
    ) {
      const odd = box.script("odd-ssh", `#!/bin/sh\n${says}\n`);
      const run = await imp(["pool", "-S", `${odd} b`, "--", "echo", ":::", "1"]);
      assertEquals(run.code, 125);
      assert(run.stderr.includes(why), run.stderr);
    }
  },
);

e2e(
  "hosts: a worker that talks nonsense is given up, and its job was lost with it",
  async (box) => {
    const { imp, list } = standInHosts(box);
    const version = (await box.imp(["--version"])).stdout.trim().replace("imp ", "");
    const head = `printf 'imp-worker 1 {"version":"${version}","cores":1}\\n'`;
    const ready = `printf '\\022\\000\\000\\000\\040\\000\\000\\000\\000{"slots":1}'`;
    const noise = box.script(
      "noise-ssh",
      `#!/bin/sh\n${head}\n${
        ready.replace("\\022", "\\020")
      }\nsleep 0.3\nhead -c 300 /dev/zero\ncat >/dev/null\n`,
    );
    const run = await imp([
      "pool",
      "-S",
      `1/${noise} n`,
      "--halt",
      "now,done=1",
      "--joblog",
      "log",
      "--",
      "echo",
      ":::",
      "1",
    ]);
    assertMatch(run.stderr, /lost \S+ n, with 1 job: a frame of 0 bytes/);
    assertMatch(run.stderr, /job 1 failed on \S+ n \(lost with its host\)/);
    assertMatch(Deno.readTextFileSync(box.path("log")), /\t-2\t0\techo 1\n/);
    const other = await imp([
      "pool",
      "-S",
      `1/${noise} n,${list(1, 1)}`,
      "--on-lost",
      "retry",
      "--",
      "echo",
      ":::",
      "1",
      "2",
      "3",
    ]);
    assertEquals([other.code, lines(other.stdout).sort()], [0, ["1", "2", "3"]]);
  },
);

e2e("hosts: one that talks without end or lies does not take the client with it", async (box) => {
  const { imp, list } = standInHosts(box);
  const version = (await box.imp(["--version"])).stdout.trim().replace("imp ", "");
  const head = `printf 'imp-worker 1 {"version":"${version}","cores":1}\\n'`;
  const ready = `printf '\\020\\000\\000\\000\\040\\000\\000\\000\\000{"slots":1}'`;
  Deno.writeFileSync(box.path("pong"), hostFrame(HOST_FRAME.pong, 0, new Uint8Array(3)));
  const cases: [string, RegExp][] = [
    [`cat ${box.path("pong")}; cat >/dev/null`, /an answer of 3 bytes to PING/],
    ["sleep 0.3; exec yes", /lost .* with 1 job: a frame of \d+ bytes/],
  ];
  for (const [says, why] of cases) {
    const liar = box.script("liar-ssh", `#!/bin/sh\n${head}\n${ready}\n${says}\n`);
    const words = ["pool", "-S", `1/${liar} n,${list(1, 1)}`, "--on-lost", "retry"];
    const run = await imp([...words, "--", "echo", ":::", "1", "2", "3"]);
    assertEquals([run.code, lines(run.stdout).sort()], [0, ["1", "2", "3"]]);
    assertMatch(run.stderr, why);
  }
});

e2e("hosts: thousands of jobs, each once, in order", async (box) => {
  const { imp, list } = standInHosts(box);
  const input = numbers(3000);
  const run = await imp(
    ["pool", "-k", "-S", `${list(2, 2)},1/:`, "--joblog", "log", "--", "echo"],
    { stdin: input },
  );
  assertEquals([run.code, run.stdout === input], [0, true]);
  assertEquals(lines(Deno.readTextFileSync(box.path("log"))).length, 3001);
});

e2e("hosts: a login that greets does not matter", async (box) => {
  const { imp, list } = standInHosts(
    box,
    "echo Welcome; printf 'no newline'; echo You have mail >&2",
  );
  const run = await imp(["pool", "-S", list(1, 1), "--", "echo", ":::", "1"]);
  assertEquals([run.code, run.stdout], [0, "1\n"]);
});

e2e("hosts: without a job nobody is asked", async (box) => {
  const { imp } = standInHosts(box);
  const asked = box.script("asked-ssh", `#!/bin/sh\ntouch ${box.path("asked")}\nexit 1\n`);
  const run = await imp(["pool", "-S", `${asked} a`, "--", "echo"], { stdin: "" });
  assertEquals([run.code, exists(box.path("asked"))], [0, false]);
  await eventually(() => box.processes().length === 0, "somebody is left");
});

e2e("hosts: a slow reader holds hosts and not the memory, here or there", async (box) => {
  const { env, list } = standInHosts(box);
  const size = 40 << 20;
  const child = new Deno.Command("sh", {
    args: [
      ...[
        "-c",
        '"$IMP" pool -n0 -S "$1" -- head -c "$2" /dev/zero ::: 1 2 3 4 5 6 | (read x <go; wc -c)',
      ],
      ...["sh", list(2, 2), `${size}`],
    ],
    cwd: box.directory,
    env: { IMP: impBinary(), [TAG]: box.tag, ...env },
    stdout: "piped",
  });
  await box.run(["mkfifo", "go"]);
  const running = child.spawn();
  const imps = () => box.processes().filter((pid) => /\bimp$/.test(wordsOf(pid)[0] ?? ""));
  const most = () => Math.max(...imps().map(memoryOf));
  await eventually(() => spooled(box) >= 4 * size / 2, "jobs do not run");
  assert(most() < MOST_MEMORY, `${most()} bytes`);
  Deno.writeTextFileSync(box.path("go"), "\n");
  let peak = 0;
  const watch = setInterval(() => peak = Math.max(peak, most()), 20);
  const { stdout } = await running.output();
  clearInterval(watch);
  assertEquals(new TextDecoder().decode(stdout).trim(), `${6 * size}`);
  assert(peak < MOST_MEMORY, `${peak} bytes`);
});

/** What imp itself uses, with a margin. */
const MOST_MEMORY = 160 << 20;

/** Bytes of resident memory. */
function memoryOf(pid: number): number {
  try {
    const match = /^VmRSS:\s*(\d+) kB/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
    return Number(match?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Bytes that its processes have in files without a name. */
function spooled({ processes }: Sandbox): number {
  let bytes = 0;
  for (const pid of processes()) {
    for (const fd of descriptorsOf(pid)) {
      try {
        const path = `/proc/${pid}/fd/${fd}`;
        if (/deleted|#\d+/.test(Deno.readLinkSync(path))) bytes += Deno.statSync(path).size;
      } catch {
        // Closed meanwhile.
      }
    }
  }
  return bytes;
}

function descriptorsOf(pid: number): string[] {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/fd`)].map(({ name }) => name);
  } catch {
    return [];
  }
}
