// The path of a record through imp, measured: the files with functions that are called again for each record.
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../../", import.meta.url).pathname;
const FEW = 100;
const MANY = 1100;
const MOST_FILES = 10;

Deno.test("a record from stdin to stdout crosses ten files, and docs/architecture.md names them", async () => {
  let files = await filesOfEachRecord();
  // On a busy machine records come one by one, and what is otherwise done for many is done for each.
  for (let tries = 1; tries < 3 && files.size > MOST_FILES; tries++) {
    files = files.intersection(await filesOfEachRecord());
  }
  assert(files.has("src/pool/workers/collector.ts"), [...files].join("\n"));
  assert(files.size <= MOST_FILES, [...files].sort().join("\n"));
  const page = Deno.readTextFileSync(`${ROOT}docs/architecture.md`);
  const way = /The way of a record,[^]*?\n\n([^]*?)\n\n/.exec(page)?.[1] ?? "";
  const named = [...way.matchAll(/`(?:[^`\n]*\/)?(\w+\.ts)`/g)].map(([, name]) => name);
  const measured = [...files].map((path) => path.slice(path.lastIndexOf("/") + 1));
  assertEquals(
    [...new Set(named)].filter((name) => name !== "call_protocol.ts").sort(),
    measured.sort(),
  );
});

/** The files with functions that are called for each record. */
async function filesOfEachRecord(): Promise<Set<string>> {
  const [few, many] = [await callsFor(FEW), await callsFor(MANY)];
  const files = new Set<string>();
  for (const [place, calls] of many) {
    if (calls - (few.get(place) ?? 0) >= (MANY - FEW) / 2) files.add(place.split(" ")[0]);
  }
  return files;
}

/** How often each function of imp is called for this many records; located by file and offset. */
async function callsFor(records: number): Promise<Map<string, number>> {
  const folder = Deno.makeTempDirSync();
  try {
    const imp = ["run", "-A", "--quiet", "--no-check", `--coverage=${folder}`, `${ROOT}main.ts`];
    const items = Array.from({ length: records }, (_, i) => `${i}\n`).join("");
    Deno.writeTextFileSync(`${folder}/items`, items);
    const pool = ["pool", "-j2", "-a", `${folder}/items`, "--workers", "cat"];
    const run = new Deno.Command(Deno.execPath(), { args: [...imp, ...pool], stdin: "null" });
    const { success, stdout, stderr } = await run.output();
    assert(success, new TextDecoder().decode(stderr));
    assertEquals(new TextDecoder().decode(stdout).split("\n").length, records + 1);
    return readCalls(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

interface ModuleCoverage {
  readonly url: string;
  readonly functions: readonly {
    readonly ranges: readonly { readonly startOffset: number; readonly count: number }[];
  }[];
}

function readCalls(folder: string): Map<string, number> {
  const calls = new Map<string, number>();
  for (const { name } of Deno.readDirSync(folder)) {
    if (!name.endsWith(".json")) continue;
    const module: ModuleCoverage = JSON.parse(Deno.readTextFileSync(`${folder}/${name}`));
    const path = new URL(module.url).pathname;
    if (!path.startsWith(`${ROOT}src/`)) continue;
    for (const { ranges: [{ startOffset, count }] } of module.functions) {
      const place = `${path.slice(ROOT.length)} ${startOffset}`;
      calls.set(place, (calls.get(place) ?? 0) + count);
    }
  }
  return calls;
}
