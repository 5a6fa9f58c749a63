// Makes docs/imp.d.ts, the declarations of the library as an ambient module, from src/mod.ts: `imp run --types` prints
// it.
// Usage: deno run -A scripts/library_types.ts [--check]: only checks that the file is up to date.
import { ambientModule } from "./lib/ambient_module.ts";

const root = new URL("../", import.meta.url);
const page = new URL("docs/imp.d.ts", root);

/** The compiler's declaration files of all modules behind src/mod.ts. */
async function declarations(folder: string): Promise<Map<string, string>> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["transpile", "--quiet", "--no-lock", "--declaration", "--outdir", folder, "src/mod.ts"],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  });
  if (!(await command.output()).success) throw new Error("deno transpile failed");
  const files = new Map<string, string>();
  const read = async (under: string) => {
    for await (const { name, isDirectory } of Deno.readDir(`${folder}/${under}`)) {
      const path = under ? `${under}/${name}` : name;
      if (isDirectory) await read(path);
      else if (name.endsWith(".d.ts")) {
        files.set(path, await Deno.readTextFile(`${folder}/${path}`));
      }
    }
  };
  await read("");
  return files;
}

async function main(check: boolean): Promise<number> {
  const folder = await Deno.makeTempDir();
  try {
    const files = await declarations(folder);
    const text = ambientModule("imp:multiprocessing", "src/mod.d.ts", files);
    if (!check) await Deno.writeTextFile(page, text);
    else if (await Deno.readTextFile(page).catch(() => "") !== text) {
      console.error("docs/imp.d.ts is not up to date: run deno task types");
      return 1;
    }
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.exit(await main(Deno.args.includes("--check")));
