// Kept daemons against other supervisors, in one run: memory, wake-ups, how soon a killed program runs again, and the
// cost of status, list, start and stop. An empty program with imp's runtime is the baseline. Times are medians; for
// commands also CPU time, which is more meaningful on a shared machine.
// Usage: scripts/bench/run keeper [ROUNDS [DAEMONS]]
import { libc } from "../../src/libc/calling/load.ts";
import { allocateForGood } from "../../src/libc/calling/memory.ts";
import { closeFile, openFile, readSome } from "../../src/libc/descriptors/files.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { O_NONBLOCK, O_RDWR, POLLIN } from "../../src/libc/abi.ts";
import { type KeeperPeer, keeperPeers, until } from "./keeper_peers.ts";
import { machine } from "./measure.ts";
import { compileEmpty } from "./programs.ts";
import { privateBytes, switchesOf } from "./resting.ts";

const rounds = Number(Deno.args[0] ?? 10);
const many = Number(Deno.args[1] ?? 500);
/** For other supervisors this many show what each costs; a central server is measured with and without them. */
const SOME = 20;
const IDLE_MS = Number(Deno.env.get("IMP_BENCH_IDLE_MS") ?? 10_000);
/** runsv and s6-supervise wait a second before they restart a program that ran for less than one. */
const HEALTHY_MS = 1300;
const SLEEP = ["/bin/sleep", "100000"];

const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });
const nowhere = openFile("/dev/null", O_RDWR);
const usage = allocateForGood(160);

console.log(`${machine()}; ${rounds} rounds in turn, medians\n`);
const { peers, missing } = await keeperPeers(work);
try {
  const empty = await compileEmpty(work);
  for (const reason of missing) console.log(`left out: ${reason}`);
  await again();
  await atRest(empty);
} finally {
  for (const peer of peers) await peer.stop().catch((error) => console.error(String(error)));
  Deno.removeSync(work, { recursive: true });
}

/** From the kill until the new program, as its first act, has written to a FIFO. */
async function again(): Promise<void> {
  const gates = new Map<KeeperPeer, number>();
  const times = new Map<KeeperPeer, number[]>();
  for (const [i, peer] of peers.entries()) {
    const path = `${work}/gate${i}`;
    await new Deno.Command("mkfifo", { args: [path] }).output();
    // Open for both: it never ends.
    gates.set(peer, openFile(path, O_RDWR | O_NONBLOCK));
    await peer.start(1, () => ["/bin/sh", "-c", `echo >${path}; exec /bin/sleep 100000`]);
    await signal(gates.get(peer)!);
    times.set(peer, []);
  }
  for (let round = -1; round < rounds; round++) {
    await new Promise((resolve) => setTimeout(resolve, HEALTHY_MS));
    for (const peer of peers) {
      const [pid] = peer.programs();
      // 0 would be the benchmark's own group.
      if (!(pid > 1)) throw new Error(`${peer.name} does not tell the PID of its program`);
      const begin = performance.now();
      Deno.kill(pid, "SIGKILL");
      await signal(gates.get(peer)!);
      if (round >= 0) times.get(peer)!.push(performance.now() - begin);
      await until(
        () => ![0, pid].includes(peer.programs()[0]),
        `${peer.name} has noted the new one`,
      );
    }
  }
  for (const peer of peers) {
    await peer.stop();
    closeFile(gates.get(peer)!);
  }
  const base = median(times.get(peers.find(({ name }) => name === "runsv") ?? peers[0])!);
  console.log("\nKilled by SIGKILL until the new program runs\n");
  console.log("| keeper | ms | least | of runsv |\n| --- | ---: | ---: | ---: |");
  for (const [{ name }, list] of times) {
    const ms = median(list);
    console.log(
      `| ${name} | ${ms.toFixed(2)} | ${Math.min(...list).toFixed(2)} | ${
        (ms / base).toFixed(2)
      } |`,
    );
  }
}

/** Blocks until a program has written, and reads it. */
async function signal(fd: number): Promise<void> {
  usage.view.setInt32(0, fd, true);
  usage.view.setInt16(4, POLLIN, true);
  const { poll } = libc("poll");
  for (let waited = 0; poll(usage.address, 1, 5000) <= 0; waited += 5) {
    // Children of the benchmark itself must be reaped for s6 and runit to notice.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (waited > 60) throw new Error("no program was started within a minute");
  }
  readSome(fd);
}

interface RestRow {
  readonly name: string;
  readonly daemons: number;
  readonly private: number;
  readonly switches: number;
}

/** Memory and wake-ups while nothing happens, then the commands, then the end of all. */
async function atRest(empty: string): Promise<void> {
  const rows: RestRow[] = [];
  for (const peer of peers) {
    const number = peer.name === "imp" ? many : SOME;
    const began = performance.now();
    await peer.start(number, () => SLEEP);
    const started = performance.now() - began;
    const pids = peer.keepers();
    await until(() => pids.every((pid) => pid > 0), `the keepers of ${peer.name}`);
    // Start-up is over by then.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const memory = sum(pids.map(privateBytes));
    const before = sum(pids.map(switchesOf));
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const switches = sum(pids.map(switchesOf)) - before;
    rows.push({ name: peer.name, daemons: number, private: memory, switches });
    console.log(`${peer.name}: ${number} started in ${(started / 1000).toFixed(1)} s`);
  }
  console.log(
    `\nAt rest: private memory of all that keeps, wake-ups of all in ${IDLE_MS / 1000} s\n`,
  );
  console.log(
    "| keeper | daemons | KB in all | KB for each | wake-ups |\n| --- | ---: | ---: | ---: | ---: |",
  );
  for (const { name, daemons, private: bytes, switches } of rows) {
    console.log(
      `| ${name} | ${daemons} | ${(bytes / 1024).toFixed(0)} | ${
        (bytes / 1024 / daemons).toFixed(1)
      } | ${switches} |`,
    );
  }
  commands(empty);
  await ends();
}

function commands(empty: string): void {
  const contenders: { name: string; argv: readonly string[] }[] = [
    { name: "an empty program of the runtime", argv: [empty] },
    ...peers.flatMap(({ name, status, list }) => [
      ...(status ? [{ name: `${name}: status of one`, argv: status }] : []),
      ...(list ? [{ name: `${name}: list of ${name === "imp" ? many : SOME}`, argv: list }] : []),
    ]),
  ];
  const starters = peers.filter(({ startOne }) => startOne);
  const times = new Map<string, { wall: number[]; cpu: number[] }>();
  const note = (name: string, argv: readonly string[]) => {
    const { wall, cpu } = timed(argv);
    const known = times.get(name) ?? { wall: [], cpu: [] };
    times.set(name, known);
    known.wall.push(wall);
    known.cpu.push(cpu);
  };
  for (let round = 0; round < rounds; round++) {
    for (const { name, argv } of contenders) note(name, argv);
    for (const { name, startOne } of starters) {
      note(`${name}: start of one`, startOne!(round, SLEEP));
    }
  }
  const base = times.get(contenders[0].name)!;
  console.log("\nCommands\n");
  console.log(
    "| command | ms | of an empty program | CPU ms | of an empty program |\n| --- | ---: | ---: | ---: | ---: |",
  );
  for (const [name, { wall, cpu }] of times) {
    const ratio = (mine: number[], its: number[]) => (median(mine) / median(its)).toFixed(2);
    console.log(
      `| ${name} | ${median(wall).toFixed(2)} | ${ratio(wall, base.wall)} | ${
        median(cpu).toFixed(2)
      } | ${ratio(cpu, base.cpu)} |`,
    );
  }
}

/** Stops all daemons; nothing of them may be left. */
async function ends(): Promise<void> {
  console.log(
    "\nAll stopped, by KILL where that can be said\n\n| keeper | daemons | s | left |\n| --- | ---: | ---: | ---: |",
  );
  for (const peer of peers) {
    const programs = peer.programs();
    const keepers = peer.keepers();
    const begin = performance.now();
    await peer.stop();
    const seconds = (performance.now() - begin) / 1000;
    const left = [...programs, ...keepers].filter((pid) => pid > 0 && isThere(pid)).length;
    console.log(`| ${peer.name} | ${programs.length} | ${seconds.toFixed(2)} | ${left} |`);
  }
}

/** Wall and CPU time of a command, milliseconds. */
function timed(argv: readonly string[]): { wall: number; cpu: number } {
  const env = Object.entries(Deno.env.toObject()).map(([name, value]) => `${name}=${value}`);
  const begin = performance.now();
  const pid = spawn({
    path: argv[0],
    argv: [...argv],
    env,
    descriptors: [[nowhere, 0], [nowhere, 1], [nowhere, 2]],
  });
  if (pid < 0) throw new Error(`${argv[0]}: errno ${-pid}`);
  if (libc("wait4").wait4(pid, usage.address, 0, usage.address + 8) !== pid) {
    throw new Error("wait4");
  }
  const wall = performance.now() - begin;
  const time = (at: number) =>
    Number(usage.view.getBigInt64(at, true)) * 1000 +
    Number(usage.view.getBigInt64(at + 8, true)) / 1000;
  return { wall, cpu: time(8) + time(24) };
}

function isThere(pid: number): boolean {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return !["Z", "X"].includes(text[text.lastIndexOf(")") + 2]);
  } catch {
    return false;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
