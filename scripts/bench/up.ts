// imp up: elapsed and processor time for hundreds of daemons, next to as many `imp daemon`; and the time for a tree of
// dependencies, next to its longest chain alone.
// Usage: scripts/bench/run up [ROUNDS [DAEMONS]]
import { runTree } from "./adopted.ts";
import { machine, runOnce } from "./measure.ts";

const rounds = Number(Deno.args[0] ?? 3);
const many = Number(Deno.args[1] ?? 500);
const CHAIN = 6, TREE = 50, READY_S = 1;
const IMP = new URL("../../dist/imp", import.meta.url).pathname;

/** In memory: the disk must not influence the times. */
const work = Deno.makeTempDirSync({ dir: "/dev/shm", prefix: "imp-bench-up-" });
const env = Object.entries({ ...Deno.env.toObject(), IMP_HOME: `${work}/home` })
  .map(([name, value]) => `${name}=${value}`);

console.log(`${machine()}; ${rounds} rounds in turn\n`);
try {
  write("many", Array.from({ length: many }, (_, i) => table(`d${i}`, "sleep 100000")));
  write("chain", chain());
  write("tree", [...chain(), ...branches()]);
  for (let round = 1; round <= rounds; round++) {
    const daemon = Array.from({ length: many }, () => ["daemon", "--", "sleep", "100000"]);
    const alone = await run(...daemon);
    const up = await bringUp("many");
    const [long, tree] = [await bringUp("chain"), await bringUp("tree")];
    const compared = (of: "wall" | "cpu") =>
      `${seconds(up[of])} s for ${seconds(alone[of])} s of imp daemon, ${ratio(up[of], alone[of])}`;
    console.log(
      `round ${round}: imp up of ${many}: by the clock ${compared("wall")}; CPU ${
        compared("cpu")
      }; ` +
        `page faults ${ratio(up.faults, alone.faults)}; ${TREE} in a tree ${
          seconds(tree.wall)
        } s, ` +
        `its longest chain ${seconds(long.wall)} s, ${ratio(tree.wall, long.wall)}`,
    );
  }
} finally {
  Deno.removeSync(work, { recursive: true });
}

async function bringUp(name: string): ReturnType<typeof run> {
  const cost = await run(["up", "-q", "-f", `${work}/${name}.toml`]);
  // Their control groups, too.
  runOnce({ name: "imp remove", argv: [IMP, "remove", "-q", "--yes", "--all"] }, env);
  return cost;
}

/** One after the other. */
function run(...calls: readonly string[][]): ReturnType<typeof runTree> {
  const contender = (words: string[]) => ({ name: `imp ${words[0]}`, argv: [IMP, ...words] });
  return runTree(calls.map(contender), env);
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

function seconds(us: number): string {
  return (us / 1e6).toFixed(2);
}

function ratio(one: number, other: number): string {
  return (one / other).toFixed(2);
}
