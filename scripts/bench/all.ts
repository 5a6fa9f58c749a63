// Runs every comparison, one after the other, against the peers that are installed; missing ones are listed, and their
// rows left out. Tables are printed as soon as they are measured.
// Usage: scripts/bench/run all [--quick] [--markdown] [NAME...]
//   --quick     few rounds of small amounts, nothing from npm, three minutes on a quiet machine: rough ratios
//   --markdown  writes the measured part of docs/benchmarks.md
import { parseArgs } from "@std/cli/parse-args";
import { machine, which } from "./measure.ts";
import { type BenchPart, type BenchPeer, PARTS, PEERS } from "./parts.ts";
import { replaceMeasured } from "./measured.ts";
import { impBinary, run } from "./programs.ts";

/** A quick run starts nothing more after this time. Nothing is cut off: each part must end what it has started. */
const QUICK_MS = 150_000;
const FOLDER = new URL(".", import.meta.url).pathname;
const PAGE = new URL("../../docs/benchmarks.md", import.meta.url).pathname;

async function all(): Promise<number> {
  const { quick, markdown, _: names } = parseArgs(Deno.args, { boolean: ["quick", "markdown"] });
  const unknown = names.map(String).filter((name: string) =>
    !PARTS.some((part) => part.name === name)
  );
  if (unknown.length > 0) {
    console.error(`no benchmark ${unknown.join(", ")}: ${PARTS.map(({ name }) => name).join(" ")}`);
    return 2;
  }
  const parts = PARTS.filter(({ name }) => names.length === 0 || names.map(String).includes(name));
  const texts = [await preface(quick)];
  console.log(texts[0]);
  const deadline = performance.now() + QUICK_MS;
  let failed = 0;
  for (const part of parts) {
    const text = await play(part, quick, quick && performance.now() > deadline);
    failed += text.failed ? 1 : 0;
    texts.push(text.said);
    // After each, so that a run that is interrupted has measured something.
    if (markdown) {
      const page = Deno.readTextFileSync(PAGE);
      Deno.writeTextFileSync(PAGE, replaceMeasured(page, texts.join("\n\n")));
    }
  }
  if (markdown) console.error(`${PAGE} is written; deno task docs wraps it`);
  return failed > 0 ? 1 : 0;
}

/** The machine, the time, the versions, and the missing peers. */
async function preface(quick: boolean): Promise<string> {
  const lines = await Promise.all(
    PEERS.map(async (peer) => [peer, await versionOf(peer)] as const),
  );
  const found = lines.filter(([, version]) => version !== undefined);
  const missing = lines.filter(([, version]) => version === undefined);
  const imp = (await run([impBinary(), "version"])).stdout.trim();
  return [
    `${machine()}; load ${Deno.loadavg().map((load) => load.toFixed(1)).join(" ")}; ${
      new Date().toISOString().slice(0, 10)
    }${quick ? "; a quick run: its ratios are rough" : ""}.`,
    "",
    `${imp}; ${found.map(([, version]) => version).join("; ")}.`,
    ...missing.map(([{ program, install }]) => `\nNot installed: ${program} (\`${install}\`).`),
  ].join("\n");
}

/** @returns undefined if it is not installed */
async function versionOf({ program, version }: BenchPeer): Promise<string | undefined> {
  const path = which(program);
  if (!path) return undefined;
  if (!version) return program;
  const { code, stdout, stderr } = await run([path, ...version]);
  const line = (stdout.trim() || stderr.trim()).split("\n")[0];
  const number = /\d+(?:\.\d+)*/.exec(line)?.[0];
  return code === 0 && number ? `${program} ${number}` : program;
}

/** Copies its output as it arrives. */
async function play(
  { name, title, quick }: BenchPart,
  isQuick: boolean,
  isLate: boolean,
): Promise<{ said: string; failed: boolean }> {
  const head = `## ${title}: \`scripts/bench/run ${name}\`\n`;
  console.log(`\n${head}`);
  if (isLate) return noted(head, "Not measured: the time was over.");
  const begin = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", `${FOLDER}${name}.ts`, ...isQuick ? quick : []],
    env: isQuick ? { IMP_BENCH_NPM: "no", IMP_BENCH_IDLE_MS: "2000" } : {},
    stdin: "null",
    stdout: "piped",
  }).spawn();
  let said = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += text;
    await Deno.stdout.write(new TextEncoder().encode(text));
  }
  const { success } = await child.status;
  console.error(`  ${name}: ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  if (!success) return { ...noted(head + said, "It has failed."), failed: true };
  return { said: `${head}\n${said.trim()}`, failed: false };
}

function noted(text: string, note: string): { said: string; failed: boolean } {
  console.log(`\n${note}`);
  return { said: `${text.trim()}\n\n${note}`, failed: false };
}

Deno.exit(await all());
