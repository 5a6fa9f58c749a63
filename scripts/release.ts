/** The second part of scripts/release: builds each target, then packages it in every form. */
import { parseArgs } from "@std/cli/parse-args";
import { isInstalled, ReleaseFailed, run, sha256 } from "./release_parts/commands.ts";
import {
  commitFacts,
  packagesInside,
  type Release,
  RELEASED,
  type Target,
  TARGETS,
} from "./release_parts/facts.ts";
import { thirdParty } from "./release_parts/licences.ts";
import { makeArchives, makeDeb, makeRpm } from "./release_parts/packages.ts";
import { billOfMaterials } from "./release_parts/sbom.ts";
import { archiveTree, executableOf, packageTree, type Shared } from "./release_parts/tree.ts";

const KINDS = [
  { kind: "deb", needs: "dpkg-deb", make: makeDeb },
  { kind: "rpm", needs: "rpmbuild", make: makeRpm },
] as const;

async function release(root: string, targets: readonly Target[], out: string, quick: boolean) {
  const work = await Deno.makeTempDir({ dir: `${root}/dist`, prefix: ".release." });
  try {
    const { version } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
    const all: Release = { root, out, work, version, quick, ...await commitFacts(root) };
    await Deno.mkdir(out, { recursive: true });
    await Deno.mkdir(`${work}/built`);
    // The imp of this machine makes manual pages and completions.
    await run(`${root}/scripts/build`, []);
    const packages = await packagesInside(root);
    const { runtime } = JSON.parse(await run(`${root}/dist/imp`, ["version", "--json"]));
    const bun = String(runtime).replace("Bun ", "");
    const shared = await sharedParts(`${root}/dist/imp`, work, thirdParty(bun, packages));
    const made: string[] = [];
    for (const target of targets) {
      const built = executableOf(work, target);
      await run(`${root}/scripts/build`, ["--target", target.name]);
      const foreign = `${root}/dist/imp-${target.name}`;
      const isForeign = await Deno.stat(foreign).then(() => true, () => false);
      await Deno.copyFile(isForeign ? foreign : `${root}/dist/imp`, built);
      made.push(...await forms(all, target, shared));
      const bill = billOfMaterials(all, {
        target: target.name,
        digest: await sha256(built),
        bun,
        packages,
      });
      const name = `imp-${version}-${target.name}.cdx.json`;
      await Deno.writeTextFile(`${out}/${name}`, bill);
      made.push(name);
    }
    const lines = made.sort().map(async (name) => `${await sha256(`${out}/${name}`)}  ${name}\n`);
    await Deno.writeTextFile(`${out}/SHA256SUMS`, (await Promise.all(lines)).join(""));
    console.log(`${out}/SHA256SUMS`);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** @returns names of files in the release folder */
async function forms(all: Release, target: Target, shared: Shared): Promise<string[]> {
  const tell = (name: string) => console.log(`${all.out}/${name}`);
  const made = await makeArchives(all, await archiveTree(all, target, shared));
  made.forEach(tell);
  for (const { kind, needs, make } of target.packages ? KINDS : []) {
    if (!await isInstalled(needs)) {
      console.error(`imp: no .${kind} for ${target.name}: ${needs} is not installed`);
      continue;
    }
    const name = await make(all, target, await packageTree(all, target, shared, kind));
    tell(name);
    made.push(name);
  }
  return made;
}

async function sharedParts(imp: string, work: string, thirdParty: string): Promise<Shared> {
  const manuals = `${work}/man1`;
  await Deno.mkdir(manuals);
  await run(imp, ["manual", "--dir", manuals]);
  const [bash, zsh, fish] = await Promise.all(
    ["bash", "zsh", "fish"].map((shell) => run(imp, ["completions", shell])),
  );
  return { manuals, completions: { bash, zsh, fish }, thirdParty };
}

if (import.meta.main) {
  const [root, ...words] = Deno.args;
  const unknown: string[] = [];
  const { target, out, quick } = parseArgs(words, {
    string: ["target", "out"],
    boolean: ["quick"],
    collect: ["target"],
    unknown: (word: string) => (unknown.push(word), false),
  });
  const names: readonly string[] = target.length > 0 ? target : RELEASED;
  const targets = TARGETS.filter(({ name }) => names.includes(name));
  if (unknown.length > 0 || targets.length < new Set(names).size) {
    console.error("usage: scripts/release [--target TARGET]... [--out DIR] [--quick]");
    Deno.exit(2);
  }
  try {
    await release(root, targets, out ?? `${root}/dist/release`, quick);
  } catch (error) {
    console.error(`imp: cannot make the release: ${(error as Error).message}`);
    if (!(error instanceof ReleaseFailed)) throw error;
    Deno.exit(1);
  }
}
