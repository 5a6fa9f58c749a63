/**
 * The second half of scripts/build: bundle with Deno, compile with Bun, patch, verify, rename.
 *
 * `deno bundle` resolves the import map and the npm packages, so that Bun needs neither; both split the code, so that
 * lazily imported modules stay separate files inside the executable.
 */
import { createHash } from "node:crypto";
import { checksumLine } from "../src/base/checksum_line.ts";
import { BRIEF } from "../src/commands/brief/words.ts";
import { restImage } from "../src/init/rest/image.ts";
import { type MachineName, waiterImage } from "../src/keeper/waiter/image.ts";
import { buildGate } from "./gate/gate.ts";
import { harden } from "./harden.ts";
import { lean } from "./lean.ts";
import { machineOf, UnknownLayout } from "./lib/elf.ts";
import { reserveLess } from "./reservations.ts";
import { freeSignals } from "./signals.ts";
import { compileLater } from "./tiers.ts";
import type { Built } from "../src/commands/version/build.ts";

interface Build {
  root: string;
  /** Temporary folder on the file system of `out`, removed by the caller. */
  work: string;
  bun: string;
  /** Bun's executable for the target; for this machine `bun` itself. */
  runtime: string;
  target: string;
  native: string;
  out: string;
}

/** By name, without `.md`. */
type Pages = Record<string, string>;

class BuildFailed extends Error {}

async function build(options: Build): Promise<void> {
  const { root, work, target, native, out } = options;
  const chunks = await bundle(root, "main.ts", `${work}/js/main`);
  await addPages(root, `${work}/js/main`);
  for (const name of BRIEF) {
    const file = `src/commands/brief/${moduleOf(name)}.ts`;
    chunks.push(...await bundle(root, file, `${work}/js/${name}`));
  }
  await writeEntry(root, `${work}/js`);
  const compiled = `${work}/imp`;
  await compile(options, compiled);
  const image = await Deno.readFile(compiled);
  checkMachine(image, target);
  checkLazyChunks(image, chunks);
  harden(image);
  lean(image);
  compileLater(image);
  freeSignals(image);
  reserveLess(image);
  buildGate(image);
  const digest = createHash("sha256").update(image).digest("hex");
  await Deno.writeFile(compiled, image);
  await Deno.writeFile(compiled, checksumLine(digest), { append: true });
  await Deno.chmod(compiled, 0o755);
  if (target === native) await checkRuns(compiled, await version(root));
  const started = (await Deno.stat(`${work}/started`)).mtime!;
  await Deno.utime(compiled, started, started);
  await Deno.rename(compiled, out);
}

/**
 * Bundles a file. Minified, so that constants are inlined where they are used, even across files.
 * @returns the names, without `.js`, of the files that are imported lazily
 */
async function bundle(root: string, file: string, outdir: string): Promise<string[]> {
  const options = ["--platform", "deno", "--code-splitting", "--minify", "--external", "bun:*"];
  await run("deno bundle", Deno.execPath(), ["bundle", ...options, "--outdir", outdir, file], {
    cwd: root,
  });
  const lazy = new Set<string>();
  for await (const entry of Deno.readDir(outdir)) {
    const text = await Deno.readTextFile(`${outdir}/${entry.name}`);
    for (const [, name] of text.matchAll(/\bimport\("\.\/([^"]+)\.js"\)/g)) lazy.add(name);
  }
  return [...lazy];
}

/**
 * Writes the executable's entry. A bundle shared by several commands holds more than each of them needs, and loading is
 * most of what a brief command costs: so a brief command has its own bundle, whose files hold only what it needs. What
 * that does not do, the bundle of all commands does.
 */
async function writeEntry(root: string, outdir: string): Promise<void> {
  await bundle(root, "src/commands/brief/words.ts", `${outdir}/words`);
  const briefly = BRIEF.map((name) =>
    `if(b==="${name}")d=(await import("./${name}/${moduleOf(name)}.js")).default;else `
  );
  await Deno.writeTextFile(
    `${outdir}/entry.js`,
    `import{briefBundle}from"./words/words.js";const b=briefBundle(process.argv0,process.argv.slice(2));let d=false;
${briefly.join("")}{}if(!d)await import("./main/main.js");
`,
  );
}

function moduleOf(command: string): string {
  return command.replaceAll("-", "_");
}

/** Inserts the documentation pages, and the library's types, into the files that use them. */
async function addPages(root: string, outdir: string): Promise<void> {
  const pages: Pages = {};
  const names = [...Deno.readDirSync(`${root}/docs`)].map(({ name }) => name)
    .filter((name) => name.endsWith(".md")).sort();
  for (const name of names) {
    pages[name.slice(0, -3)] = await Deno.readTextFile(`${root}/docs/${name}`);
  }
  pages.changelog = await Deno.readTextFile(`${root}/CHANGELOG.md`);
  await embed(outdir, "IMP_PAGES", pages);
  await embed(outdir, "IMP_TYPES", await Deno.readTextFile(`${root}/docs/imp.d.ts`));
}

/** Inserts a constant into the one file that uses it. */
async function embed(outdir: string, name: string, value: unknown): Promise<void> {
  const askers = [];
  for await (const { name: file } of Deno.readDir(outdir)) {
    const path = `${outdir}/${file}`;
    const text = await Deno.readTextFile(path);
    if (text.includes(name)) askers.push({ path, text });
  }
  const [asker] = askers;
  if (askers.length !== 1) throw new BuildFailed(`${askers.length} files ask for ${name}, not one`);
  await Deno.writeTextFile(asker.path, `const ${name}=${JSON.stringify(value)};\n${asker.text}`);
}

/**
 * The --no-compile switches keep the executable from reading configuration of the folder it is started in; a
 * package.json counts only for users' modules (`imp run`), whose packages have one. Most commands end before compiled
 * code pays off: without the JIT policy, `imp daemon` takes a tenth longer, for compiler threads.
 */
async function compile(
  { root, work, bun, runtime, target }: Build,
  outfile: string,
): Promise<void> {
  const made = await buildFacts(root, bun, target);
  const args = [
    "build",
    "--compile",
    "--minify",
    "--bytecode",
    "--format=esm",
    "--splitting",
    "--compile-jit-policy=8",
    "--define=IMP_HARDENED=true",
    `--define=IMP_BUILD=${JSON.stringify(made)}`,
    `--define=IMP_WAITER=${imageText(target, waiterImage)}`,
    `--define=IMP_REST=${imageText(target, restImage)}`,
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    "--no-compile-autoload-tsconfig",
    "--compile-autoload-package-json",
    `--outfile=${outfile}`,
  ];
  if (runtime !== bun) {
    // Without the path, Bun would download its executable for the target from its own site.
    const name = target.replace("arm64", "aarch64");
    args.push(`--target=bun-${name}`, `--compile-executable-path=${runtime}`);
  }
  // A clean environment: BUN_OPTIONS, a home with a .bunfig.toml and the like change builds.
  const env = { PATH: Deno.env.get("PATH") ?? "", HOME: work, TMPDIR: work };
  await run("bun build", bun, [...args, `${work}/js/entry.js`], { cwd: work, clearEnv: true, env });
}

/** A small executable for that machine as a literal, from which src/keeper/waiter/place.ts restores its bytes. */
function imageText(target: string, make: (arch: MachineName) => Uint8Array): string {
  return JSON.stringify(
    btoa(String.fromCharCode(...make(target.includes("arm64") ? "arm64" : "x64"))),
  );
}

/** The output of `imp version --verbose`: identical in all builds of a commit. */
async function buildFacts(root: string, bun: string, target: string): Promise<Built> {
  const bunVersion = (await run("bun", bun, ["--version"], {})).trim();
  const { dependencies } = JSON.parse(await Deno.readTextFile(`${root}/package.json`));
  return {
    ...await commitOf(root),
    target,
    runtime: `Bun ${bunVersion}`,
    bundler: `Deno ${Deno.version.deno}`,
    packages: dependencies,
  };
}

async function commitOf(root: string): Promise<Pick<Built, "commit" | "date">> {
  const git = async (...args: string[]) =>
    (await run("git", "git", ["-C", root, ...args], {})).trim();
  try {
    const changes = await git("status", "--porcelain", "--untracked-files=no");
    const commit = await git("rev-parse", "HEAD");
    return {
      commit: commit + (changes === "" ? "" : "+changes"),
      date: await git("show", "--no-patch", "--format=%cs", commit),
    };
  } catch {
    return { commit: "unknown", date: "" };
  }
}

function checkMachine(image: Uint8Array, target: string): void {
  const machine = machineOf(image);
  const wanted = target.includes("arm64") ? "aarch64" : "x86-64";
  if (machine !== wanted) throw new BuildFailed(`made a program for ${machine}, not ${wanted}`);
}

/** A lazily imported module in the entry file would make every command start slower. */
function checkLazyChunks(image: Uint8Array, chunks: string[]): void {
  // The embedded files are the tail of the image; the runtime before them is never smaller than this.
  const tail = new TextDecoder("latin1").decode(image.subarray(64 << 20));
  const merged = chunks.filter((name) => !tail.includes(`/$bunfs/root/${name}`));
  if (merged.length > 0) throw new BuildFailed(`no longer lazy: ${merged.join(", ")}`);
}

async function checkRuns(path: string, version: string): Promise<void> {
  const said = await run("the new executable", path, ["--version"], {});
  if (!said.includes(version)) {
    throw new BuildFailed(`--version says ${JSON.stringify(said)}, not ${version}`);
  }
}

async function version(root: string): Promise<string> {
  return JSON.parse(await Deno.readTextFile(`${root}/deno.json`)).version;
}

/** Runs a program. @returns its stdout @throws with all its output if it fails */
async function run(
  what: string,
  program: string,
  args: string[],
  options: Deno.CommandOptions,
): Promise<string> {
  const { success, code, signal, stdout, stderr } = await new Deno.Command(program, {
    stdin: "null",
    ...options,
    args,
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (success) return text;
  const how = signal ? `was ended by ${signal}` : `failed with code ${code}`;
  throw new BuildFailed(`${what} ${how}\n${text}${new TextDecoder().decode(stderr)}`.trimEnd());
}

if (import.meta.main) {
  const [root, work, bun, runtime, target, native, out] = Deno.args;
  try {
    await build({ root, work, bun, runtime, target, native, out });
  } catch (error) {
    if (error instanceof UnknownLayout) {
      console.error(
        `imp: cannot patch the executable: ${error.message} (another version of Bun?)`,
      );
    } else if (error instanceof BuildFailed) {
      console.error(`imp: cannot build: ${error.message}`);
    } else throw error;
    Deno.exit(1);
  }
}
