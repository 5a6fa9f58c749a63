/** The second half of scripts/test: runs the stages one after another, goes on after failures, counts. */
import { ignoredSignals } from "../src/libc/dispositions.ts";
import { closeOnExecFrom } from "../src/libc/process.ts";
import { resetSignal } from "../src/libc/signals.ts";
import { countHarness, countJunit, type Counts, judge, sum } from "./lib/counts.ts";

/**
 * How long one command may take, ms: only a suite that hangs takes so long. A machine that is busy with other things
 * makes it several times slower, which is no failure.
 */
const LONGEST = 30 * 60_000;

interface Stage {
  name: string;
  run(context: Context): Promise<Counts>;
}

interface Context {
  bun: string;
  /** Runs the tests whose name contains it; empty for all. */
  filter: string;
  /** Temporary folder. */
  work: string;
}

const STAGES: Stage[] = [
  { name: "static", run: staticChecks },
  { name: "unit", run: unitTests },
  { name: "contract", run: contractTests },
  { name: "e2e", run: endToEndTests },
];

async function staticChecks(): Promise<Counts> {
  heading("static");
  const frozen = await exists("deno.lock") ? ["--frozen"] : [];
  return sum([
    await check("format", Deno.execPath(), ["fmt", "--check", "--quiet"]),
    await check("lint", Deno.execPath(), ["lint", "--quiet"]),
    await check("types", Deno.execPath(), ["check", "--quiet", ...frozen, "."]),
    await check("layers", Deno.execPath(), ["run", "-A", "--no-lock", "scripts/check_layers.ts"]),
    await check("api page", Deno.execPath(), [
      "run",
      "-A",
      "--no-lock",
      "scripts/api_page.ts",
      "--check",
    ]),
  ]);
}

async function unitTests(context: Context): Promise<Counts> {
  const others = new Set(["contract", "e2e", "fixtures"]);
  const folders = [];
  for await (const { name, isDirectory } of Deno.readDir("tests")) {
    if (isDirectory && !others.has(name)) folders.push(`tests/${name}`);
  }
  return await denoTest("unit", folders.sort(), context);
}

async function contractTests(context: Context): Promise<Counts> {
  return sum([
    await denoTest("contract under Deno", ["tests/contract"], context),
    await bunContract(context),
  ]);
}

/** `deno bundle` resolves the import map first; each file runs as a process of its own. */
async function bunContract({ bun, filter, work }: Context): Promise<Counts> {
  const files = [];
  for await (const { name } of Deno.readDir("tests/contract")) {
    if (name.endsWith("_test.ts")) files.push(`tests/contract/${name}`);
  }
  files.sort();
  heading("contract under Bun");
  const outdir = `${work}/contract`;
  const options = ["--quiet", "--platform", "deno", "--external", "bun:*", "--outdir", outdir];
  const bundled = await check("bundle", Deno.execPath(), ["bundle", ...options, ...files]);
  if (bundled.failed > 0) return bundled;
  const all: Counts[] = [];
  for (const file of files) {
    console.log(`running ${file}`);
    const script = `${outdir}/${file.split("/").at(-1)!.replace(/ts$/, "js")}`;
    const { success, output } = await captured(bun, [script], { IMP_TEST_FILTER: filter });
    all.push(judge(file, countHarness(output), success));
  }
  return sum(all);
}

async function endToEndTests(context: Context): Promise<Counts> {
  if (Deno.env.has("IMP_BIN")) return await denoTest("e2e", ["tests/e2e"], context);
  heading("build");
  const built = await check("build", "scripts/imp", ["--version"]);
  if (built.failed > 0) return built;
  Deno.env.set("IMP_BIN", `${Deno.cwd()}/dist/imp`);
  return sum([built, await denoTest("e2e", ["tests/e2e"], context)]);
}

async function denoTest(name: string, paths: string[], context: Context): Promise<Counts> {
  heading(name);
  const junit = `${context.work}/${name}.xml`;
  const args = ["test", "-A", "--quiet", "--no-check", `--junit-path=${junit}`];
  if (context.filter) args.push(`--filter=${context.filter}`);
  const success = await attached(Deno.execPath(), [...args, ...paths]);
  const xml = await exists(junit) ? await Deno.readTextFile(junit) : "";
  return judge(name, countJunit(xml), success);
}

/** One yes-or-no check: quiet when it holds, everything it said when not. */
async function check(name: string, program: string, args: string[]): Promise<Counts> {
  const { success, output } = await silent(program, args);
  console.log(`${name} ... ${success ? "ok" : "FAILED"}`);
  if (!success) console.log(output);
  return success
    ? { passed: 1, failed: 0, failures: [] }
    : { passed: 0, failed: 1, failures: [`${name}\n${output}`] };
}

async function silent(program: string, args: string[]) {
  const { success, stdout, stderr } = await command(program, args, "piped").output();
  const decoder = new TextDecoder();
  return { success, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

async function attached(program: string, args: string[]): Promise<boolean> {
  return (await command(program, args, "inherit").spawn().status).success;
}

/** Shows stdout as it comes and gives it back too. */
async function captured(program: string, args: string[], env: Record<string, string>) {
  const child = command(program, args, "piped", env, "inherit").spawn();
  let output = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    await Deno.stdout.write(new TextEncoder().encode(chunk));
    output += chunk;
  }
  return { success: (await child.status).success, output };
}

function command(
  program: string,
  args: string[],
  stdout: "piped" | "inherit",
  env: Record<string, string> = {},
  stderr = stdout,
): Deno.Command {
  const colour: Record<string, string> = Deno.stdout.isTerminal() ? {} : { NO_COLOR: "1" };
  const signal = AbortSignal.timeout(LONGEST);
  return new Deno.Command(program, {
    args,
    env: { ...colour, ...env },
    stdin: "null",
    stdout,
    stderr,
    signal,
  });
}

/**
 * Who starts this in the background of a script, or under nohup, hands down ignored signals. The programs under test
 * would heed that, as they should, and what tests say of Ctrl-C would not hold.
 */
function hearSignals(): void {
  // Deno itself ignores SIGPIPE, and does not hand that down.
  const SIGPIPE = 13;
  for (const number of ignoredSignals()) if (number !== SIGPIPE) resetSignal(number);
}

function heading(text: string): void {
  console.log(`\n# ${text}`);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function main([bun, wanted, filter = ""]: string[]): Promise<number> {
  const stages = STAGES.filter(({ name }) => wanted === undefined || name === wanted);
  if (stages.length === 0) {
    console.error(`usage: scripts/test [${STAGES.map(({ name }) => name).join("|")}] [FILTER]`);
    return 2;
  }
  hearSignals();
  // What the caller happens to have open counts against the limits that tests set.
  closeOnExecFrom(3);
  const work = await Deno.makeTempDir({ prefix: "imp-test-" });
  const all: Counts[] = [];
  try {
    for (const { run } of stages) {
      all.push(await run({ bun, filter, work }));
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  const { passed, failed, failures } = sum(all);
  for (const failure of failures) console.log(`\nFAILED ${failure}`);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
