// imp init against C programs of the same kind: start-up, memory at rest, wake-ups, a storm of orphans.
// Usage: deno run -A scripts/bench/init.ts [ROUNDS | --quick]
import { deadOrGone, impBinary } from "./programs.ts";
import { type Contender, machine, timeInTurn, which } from "./measure.ts";
import { printRows } from "./rows.ts";

const quick = Deno.args.includes("--quick");
const rounds = quick ? 20 : Number(Deno.args[0] ?? 200);
const GROUP = quick ? 20 : 100;
const ORPHANS = GROUP * GROUP;
const IDLE_MS = quick ? 2000 : 10_000;
const SETTLING_MS = quick ? 1500 : 5000;
const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });

/** All orphans wait at a FIFO until their group is killed at once; then the init must act. */
const STORM = `cd ${work}; mkfifo gate 2>/dev/null
setsid dash -c 'echo $$ >group; for i in $(seq ${GROUP}); do ( for j in $(seq ${GROUP}); do { read x <gate; } & done ); done'
memory() { sed -n 's/^RssAnon:[^0-9]*//p' /proc/$PPID/status; }
before=$(memory); begin=$(date +%s.%N)
kill -9 -$(cat group)
until [ "$(wc -w </proc/$PPID/task/$PPID/children)" -eq 1 ]; do :; done
end=$(date +%s.%N)
echo $before $(memory) $begin $end >&3
`;

const inits = initsFound();
console.log(`${machine()}\n`);
try {
  startUp();
  await atRest();
  await storm();
} finally {
  Deno.removeSync(work, { recursive: true });
}

/** The command line up to the program; all of them as subreapers if they can be. */
function initsFound(): Contender[] {
  const peer = (program: string, ...options: string[]): Contender[] => {
    const path = which(program);
    return path ? [{ name: program, argv: [path, ...options, "--"] }] : [];
  };
  return [
    { name: "imp init", argv: [impBinary(), "init", "--"] },
    ...peer("tini", "-s"),
    ...peer("dumb-init"),
    ...peer("catatonit"),
  ];
}

function startUp(): void {
  const contenders = [
    ...inits.map(({ name, argv }) => ({ name, argv: [...argv, "/bin/true"] })),
    { name: "imp --version", argv: [impBinary(), "--version"] },
    { name: "/bin/true alone", argv: ["/bin/true"] },
  ];
  printRows({ what: "INIT -- /bin/true", timings: timeInTurn(contenders, rounds) });
}

async function atRest(): Promise<void> {
  console.log(`\nAt rest: INIT -- sleep, ${IDLE_MS / 1000} s\n`);
  console.log(
    "| command | private and changed KiB | PSS KiB | RSS KiB | context switches |\n| --- | ---: | ---: | ---: | ---: |",
  );
  for (const { name, argv } of inits) {
    const child = start([...argv, "/bin/sleep", "60"]);
    await settled(child.pid);
    const before = switches(child.pid);
    await pause(IDLE_MS);
    const after = switches(child.pid);
    // A thread that has ended meanwhile woke up to do so.
    const count = [...before].reduce((sum, [id, n]) => sum + ((after.get(id) ?? n + 1) - n), 0);
    const rollup = Deno.readTextFileSync(`/proc/${child.pid}/smaps_rollup`);
    const sizes = ["Private_Dirty", "Pss", "Rss"].map((field) => kib(rollup, field));
    console.log(`| ${name} | ${sizes.join(" | ")} | ${count} |`);
    child.kill("SIGTERM");
    await child.status;
  }
}

async function storm(): Promise<void> {
  console.log(`\nStorm: ${ORPHANS} orphans killed at once\n`);
  console.log(
    "| command | s until all are reaped | anonymous KiB before | after |\n| --- | ---: | ---: | ---: |",
  );
  // dumb-init is not a subreaper: only a PID namespace gives it orphans.
  for (const { name, argv } of inits.filter((init) => init.name !== "dumb-init")) {
    Deno.writeTextFileSync(`${work}/storm`, STORM);
    const child = start([...argv, "dash", `${work}/storm`], `${work}/result`);
    const { success } = await child.status;
    if (!success || !deadOrGone(child.pid)) throw new Error(`${name} failed`);
    const [before, after, begin, end] = Deno.readTextFileSync(`${work}/result`).match(/[\d.]+/g)!
      .map(Number);
    console.log(`| ${name} | ${(end - begin).toFixed(2)} | ${before} | ${after} |`);
  }
}

function start(argv: readonly string[], result = "/dev/null"): Deno.ChildProcess {
  const script = `exec "$@" 3>'${result}'`;
  return new Deno.Command("sh", { args: ["-c", script, "sh", ...argv], stdin: "null" }).spawn();
}

/** Waits until it has started its program and is idle: the engine's idle threads end after some seconds. */
async function settled(pid: number): Promise<void> {
  const total = () => [...switches(pid).values()].reduce((a, b) => a + b, 0);
  // tini is never idle: it wakes up every second.
  for (let last = -1, round = 0; last !== total() && round < 3; round++) {
    last = total();
    await pause(SETTLING_MS);
  }
}

/** Context switches by thread. */
function switches(pid: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const status = Deno.readTextFileSync(`/proc/${pid}/task/${name}/status`);
    const found = [...status.matchAll(/ctxt_switches:\s*(\d+)/g)];
    counts.set(name, found.reduce((sum, [, n]) => sum + Number(n), 0));
  }
  return counts;
}

function kib(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s*(\\d+)`, "m").exec(text)?.[1] ?? 0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
