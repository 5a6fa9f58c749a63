/**
 * Checks what commands load (docs/architecture.md): a feature that few daemons or callers use is imported lazily, by
 * the code that finds it in use. Follows static imports, except those of types, from the modules of each command.
 */
import { blank } from "./lib/blank.ts";

const HEALTH_IS_KNOWN = ["start", "restart", "list", "status", "up", "keeper-turn", "watch"];
const SOCKETS_ARE_TOLD = ["start", "restart", "list", "status", "up", "export", "doctor", "watch"];

/**
 * Rarely used modules, and the commands that always load them; the longest matching entry counts. A package is given by
 * name, a file or folder of the clone by path. Every command listed here is a decision.
 */
export const RARE: Readonly<Record<string, readonly string[]>> = {
  "@logtape/logtape": [],
  "@nats-io/jetstream": [],
  "@nats-io/transport-node": [],
  "croner": [],
  "marked": [],
  "smol-toml": [],
  "valibot": [],
  "src/boot": ["boot", "export"],
  "src/cli/completions": ["completions"],
  "src/cli/pages": [],
  "src/compare": ["compare", "compare-probe", "lab"],
  "src/doctor": ["doctor"],
  "src/hosts": [],
  "src/queue": ["runs"],
  "src/init/rest": ["init", "init-awake"],
  "src/lab": ["lab", "lab-program"],
  "src/multiprocessing": ["run", "lab", "lab-program", "pool-call-worker", "pool-call-bundle"],
  "src/pool": ["pool", "pool-call-worker", "pool-call-bundle", "report"],
  "src/project": ["up", "down"],
  "src/with": ["with"],
  "src/procfs/connections.ts": [],
  "src/logs/terminal": ["watch"],
  "src/logs/terminal/handed_terminal.ts": ["restart"],
  "src/logs/terminal/kept_terminal.ts": ["start", "restart", "up"],
  "src/logs/terminal/protocol.ts": ["restart", "attach", "watch"],
  "src/logs/terminal/screen_state.ts": ["attach", "watch"],
  "src/keeper/events": [],
  "src/keeper/events/cells.ts": ["keeper-turn"],
  "src/keeper/events/for_waiters.ts": ["start", "restart", "up"],
  "src/keeper/events/ignore.ts": ["start", "up"],
  "src/keeper/health": ["watch"],
  "src/keeper/health/cells.ts": ["keeper-turn"],
  "src/keeper/health/kept_health.ts": HEALTH_IS_KNOWN,
  "src/keeper/health/probe_command.ts": ["watch", "keeper-probe"],
  "src/keeper/health/turn_health.ts": ["keeper-turn"],
  "src/keeper/limits": ["status"],
  "src/keeper/policy": ["keeper-turn"],
  "src/keeper/ready": ["start", "restart", "up"],
  "src/keeper/sandbox": ["status"],
  "src/keeper/schedule": ["keeper-turn"],
  "src/keeper/schedule/cron.ts": [],
  "src/keeper/schedule/cron_fields.ts": ["export"],
  "src/keeper/schedule/times.ts": ["keeper-turn", "status"],
  "src/keeper/sockets": [],
  "src/keeper/sockets/cells.ts": ["keeper-turn"],
  "src/keeper/sockets/given_sockets.ts": ["start", "restart", "up"],
  "src/keeper/sockets/hand_over.ts": ["start", "restart", "up"],
  "src/keeper/sockets/idle.ts": ["keeper-turn"],
  "src/keeper/sockets/kept_socket.ts": SOCKETS_ARE_TOLD,
  "src/keeper/start/adopt.ts": ["restart"],
  "src/keeper/waiter/raise.ts": ["start", "restart", "up", "attach"],
};

/** The modules in which each command begins, by name; all commands load `imp`. */
export type Beginnings = ReadonlyMap<string, readonly string[]>;

/** What each module loads with itself: paths in the clone, or names of packages. */
export type Loads = ReadonlyMap<string, readonly string[]>;

/** @returns a sentence for each command that loads what it should not, with the chain of imports */
export function checkLoads(
  beginnings: Beginnings,
  loads: Loads,
  rare: Readonly<Record<string, readonly string[]>> = RARE,
): string[] {
  const problems: string[] = [];
  for (const [command, begins] of beginnings) {
    const from = closure(begins, loads);
    for (const module of from.keys()) {
      const entry = entryOf(module, rare);
      if (entry === undefined || rare[entry].includes(command)) continue;
      // Its importer is equally rare, and is reported.
      if (entryOf(from.get(module)!, rare) === entry) continue;
      problems.push(`${command} always loads ${way(module, from).join(", by ")}`);
    }
  }
  return problems;
}

/** Entries that match no module: it was moved or renamed, and nothing is checked. */
export function idleEntries(
  loads: Loads,
  rare: Readonly<Record<string, readonly string[]>> = RARE,
): string[] {
  const known = new Set([...loads.keys(), ...[...loads.values()].flat()]);
  const used = new Set([...known].map((module) => entryOf(module, rare)));
  return Object.keys(rare).filter((entry) => !used.has(entry));
}

/** What a module loads, from its text. @param path in the clone */
export function loadsOf(path: string, text: string): string[] {
  const code = blank(text, "comments");
  return [...code.matchAll(STATIC)].flatMap(([, names = "", specifier]) =>
    isOfTypes(names) ? [] : [resolve(path, specifier)]
  );
}

/** Commands and their modules, from the text of src/commands/registry.ts. */
export function beginningsOf(registry: string): Beginnings {
  const found = new Map([["imp", ["main.ts", "src/cli/run.ts"]]]);
  for (const [, name, path] of registry.matchAll(ENTRY)) {
    found.set(name, ["main.ts", "src/cli/run.ts", resolve(REGISTRY, path)]);
  }
  return found;
}

const ENTRY = /name: "([\w-]+)"[^{]*?import\("([^"]+)"\)/g;
const REGISTRY = "src/commands/registry.ts";
/** `import … from "…"`, `export … from "…"`, `import "…"`; not `import("…")`. */
const STATIC = /^(?:import|export)\s+(?:([\w\s{},*$]+?)\s+from\s+)?"([^"\n]+)"/gm;

function isOfTypes(names: string): boolean {
  if (/^\s*type\b/.test(names)) return true;
  const [, listed] = /^\s*\{([^}]*)\}\s*$/.exec(names) ?? [];
  return listed !== undefined &&
    listed.split(",").every((name) => /^\s*(?:type\s.*)?$/.test(name));
}

function resolve(path: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return new URL(specifier, new URL(path, "file:///")).pathname.slice(1);
}

/** Each loaded module, and the one that loads it; starting modules map to themselves. */
function closure(begins: readonly string[], loads: Loads): Map<string, string> {
  const from = new Map(begins.map((path) => [path, path]));
  // The map grows during the iteration.
  for (const path of from.keys()) {
    for (const module of loads.get(path) ?? []) if (!from.has(module)) from.set(module, path);
  }
  return from;
}

function way(module: string, from: ReadonlyMap<string, string>): string[] {
  const by = from.get(module)!;
  return by === module ? [module] : [module, ...way(by, from)];
}

function entryOf(module: string, rare: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(rare)
    .filter((entry) =>
      module === entry || module.startsWith(entry.endsWith("/") ? entry : `${entry}/`)
    )
    .sort((a, b) => b.length - a.length).at(0);
}

async function allLoads(root: URL): Promise<Loads> {
  const loads = new Map<string, string[]>();
  const read = async (path: string) =>
    loads.set(path, loadsOf(path, await Deno.readTextFile(new URL(path, root))));
  await read("main.ts");
  const folders = ["src"];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
      if (isDirectory) folders.push(`${folder}/${name}`);
      else if (name.endsWith(".ts")) await read(`${folder}/${name}`);
    }
  }
  return loads;
}

if (import.meta.main) {
  const root = new URL("../", import.meta.url);
  const loads = await allLoads(root);
  const beginnings = beginningsOf(await Deno.readTextFile(new URL(REGISTRY, root)));
  const problems = [
    ...checkLoads(beginnings, loads),
    ...idleEntries(loads).map((entry) => `RARE has ${entry}, and nothing is called so`),
  ];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) {
    console.error("import it lazily where it is needed, or say in scripts/check_loads.ts why not");
    Deno.exit(1);
  }
  console.log(`${beginnings.size - 1} commands load what they need`);
}
