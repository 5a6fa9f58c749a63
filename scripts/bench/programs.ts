// The programs that benchmarks start.

/** The built imp. */
export function impBinary(): string {
  const path = Deno.env.get("IMP_BIN") ?? new URL("../../dist/imp", import.meta.url).pathname;
  Deno.statSync(path);
  return path;
}

/** An empty program, built as imp is built: the cost of the runtime's own start. @returns its path */
export async function compileEmpty(folder: string): Promise<string> {
  const bun = Deno.env.get("BUN");
  if (!bun) throw new Error("start the benchmarks with scripts/bench/run, which finds Bun");
  Deno.writeTextFileSync(`${folder}/empty.ts`, "export {};\n");
  const { code, stderr } = await run([
    bun,
    "build",
    "--compile",
    "--minify",
    "--bytecode",
    "--format=esm",
    "--splitting",
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    "--no-compile-autoload-tsconfig",
    "--no-compile-autoload-package-json",
    `${folder}/empty.ts`,
    "--outfile",
    `${folder}/empty`,
  ]);
  if (code !== 0) throw new Error(`cannot build the empty program: ${stderr}`);
  return `${folder}/empty`;
}

export async function run(
  argv: string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(argv[0], {
    args: argv.slice(1),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** An ended process may stay a zombie for a while if init is slow. */
export function deadOrGone(pid: number): boolean {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return text.slice(text.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return true;
  }
}
