// imp up: the processor time of hundreds of daemons, beside as many `imp daemon`; and how long a tree of dependencies takes, beside its
// longest chain alone.
// Usage: scripts/bench/run up [ROUNDS [DAEMONS]]
import { machine } from "./measure.ts";

const rounds = Number(Deno.args[0] ?? 3);
const many = Number(Deno.args[1] ?? 500);
const CHAIN = 6, TREE = 50, READY_S = 1;
/** USER_HZ, sysconf(3). */
const TICKS_PER_SECOND = 100;
const IMP = new URL("../../dist/imp", import.meta.url).pathname;

/** In memory: the disk is no part of it. */
const work = Deno.makeTempDirSync({ dir: "/dev/shm", prefix: "imp-bench-up-" });
const MARK = `IMP_BENCH_UP=${work}`;
const env = { IMP_HOME: `${work}/home`, IMP_BENCH_UP: work };

console.log(`${machine()}; ${rounds} rounds in turn\n`);
try {
  write("many", Array.from({ length: many }, (_, i) => table(`d${i}`, "sleep 100000")));
  write("chain", chain());
  write("tree", [...chain(), ...branches()]);
  for (let round = 1; round <= rounds; round++) {
    const alone = await daemons();
    const up = await bringUp("many");
    const [long, tree] = [await bringUp("chain"), await bringUp("tree")];
    console.log(
      `round ${round}: CPU of each of ${many}: imp daemon ${ms(alone)}, imp up ${
        ms(up.cpu / many)
      } ` +
        `(${(up.cpu / many / alone).toFixed(2)}), keepers and their turns included; ` +
        `${TREE} in a tree ${(tree.wall / 1000).toFixed(2)} s, its longest chain ${
          (long.wall / 1000).toFixed(2)
        } s ` +
        `(${(tree.wall / long.wall).toFixed(2)})`,
    );
  }
} finally {
  await imp("stop", "--all", "--now", "-q");
  for (const pid of marked()) Deno.kill(pid, "SIGKILL");
  Deno.removeSync(work, { recursive: true });
}

/** @returns seconds of processor time for each */
async function daemons(): Promise<number> {
  const before = childrenSeconds();
  for (let i = 0; i < many; i++) await imp("daemon", "--", "sleep", "100000");
  const used = childrenSeconds() - before;
  for (const pid of marked()) Deno.kill(pid, "SIGKILL");
  return used / many;
}

async function bringUp(name: string): Promise<{ cpu: number; wall: number }> {
  const file = `${work}/${name}.toml`;
  const [before, began] = [childrenSeconds(), performance.now()];
  await imp("up", "-q", "-f", file);
  const wall = performance.now() - began;
  const cpu = childrenSeconds() - before +
    marked().reduce((sum, pid) => sum + secondsOf(pid, 11), 0);
  await imp("down", "-q", "--now", "-f", file);
  await imp("remove", "-q", "--yes", "--all");
  return { cpu, wall };
}

async function imp(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(IMP, { args, env, stdout: "null" }).output();
  if (!success) throw new Error(`imp ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** Of children that were waited for. */
function childrenSeconds(): number {
  return secondsOf("self", 13, 2);
}

/** From a field of /proc/PID/stat on (counted behind the name): utime, stime, and those of children. */
function secondsOf(pid: number | "self", from: number, count = 4): number {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").slice(from, from + count);
    return fields.reduce((sum, one) => sum + Number(one), 0) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** Processes that were started here, keepers and programs. */
function marked(): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => {
    if (!(pid > 0) || pid === Deno.pid) return false;
    try {
      return Deno.readTextFileSync(`/proc/${pid}/environ`).includes(MARK) ||
        Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes(`${work}/home`);
    } catch {
      return false;
    }
  });
}

function table(
  name: string,
  script: string,
  depends: readonly string[] = [],
  ready = false,
): string {
  return [
    `[daemons.${name}]`,
    `command = ${JSON.stringify(ready ? ["sh", "-c", script] : script.split(" "))}`,
    ...ready ? [`ready = "log:^ready"`] : [],
    `depends = ${JSON.stringify(depends)}`,
    "",
  ].join("\n");
}

function readyAfter(seconds: number): string {
  return `sleep ${seconds}; echo ready; exec sleep 100000`;
}

function chain(): string[] {
  return Array.from(
    { length: CHAIN },
    (_, i) => table(`c${i}`, readyAfter(READY_S), i > 0 ? [`c${i - 1}`] : [], true),
  );
}

/** None of them makes a longer chain. */
function branches(): string[] {
  return Array.from({ length: TREE - CHAIN }, (_, i) => {
    const level = i % (CHAIN - 1);
    const above = level > 0 ? [`c${level - 1}`] : [];
    return table(`t${i}`, readyAfter(0.3 + 0.3 * (i % 3)), above, true);
  });
}

function write(name: string, tables: readonly string[]): void {
  Deno.writeTextFileSync(`${work}/${name}.toml`, tables.join("\n"));
}

function ms(seconds: number): string {
  return `${(seconds * 1000).toFixed(1)} ms`;
}
