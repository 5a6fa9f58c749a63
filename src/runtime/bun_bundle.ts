// Bundles several modules into one. Loaded on demand.
import type { BundleOutcome } from "./types.ts";

/** A message of Bun's bundler. */
interface BunMessage {
  readonly level: string;
  readonly message: string;
  readonly position: { readonly file: string; readonly line: number } | null;
}

interface BunArtifact {
  readonly kind: string;
  readonly path: string;
  text(): Promise<string>;
}

export interface BunBundler {
  build(options: Record<string, unknown>): Promise<{
    readonly success: boolean;
    readonly logs: readonly BunMessage[];
    readonly outputs: readonly BunArtifact[];
  }>;
}

/** Modules provided by imp itself. */
const PROVIDED = "imp:*";

export async function bundleByBun(bun: BunBundler, path: string): Promise<BundleOutcome> {
  const { success, logs, outputs } = await bun.build({
    ...{ entrypoints: [path], target: "bun", format: "esm", sourcemap: "inline", throw: false },
    external: [PROVIDED],
    naming: { asset: "[name].[ext]" },
    // The host's own says.
    define: { "process.env.NODE_ENV": "process.env.NODE_ENV" },
  });
  if (!success) {
    const errors = logs.filter(({ level }) => level === "error").map(told);
    return { problems: errors.length > 0 ? errors : ["the bundler gives no reason"] };
  }
  const beside = outputs.filter(({ kind }) => kind !== "entry-point");
  if (beside.length === 0) return { text: await outputs[0].text() };
  return { problems: beside.map(({ path }) => noModule(path.replace(/^\.\//, ""))) };
}

/** The position, then the bundler's message without its advice. */
function told({ message, position }: BunMessage): string {
  const [whole] = message.split(". Maybe you need to");
  // The name of an errno keeps its capitals.
  const said = /^[A-Z]{2}/.test(whole) ? whole : whole[0].toLowerCase() + whole.slice(1);
  // Line -1: the whole file.
  return position && position.line > 0 ? `${position.file}:${position.line}: ${said}` : said;
}

function noModule(name: string): string {
  return /\.node$/.test(name)
    ? `it imports ${name}, machine code that is loaded from a file of its own`
    : `it imports ${name}, which is no module and stays a file of its own`;
}
