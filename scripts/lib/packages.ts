/** The files that name packages: package.json is the source, the others follow it. */
export interface PackageFiles {
  "package.json": string;
  /** Deno's import map. */
  "deno.json": string;
  /** Bun's. */
  "tsconfig.json": string;
  "deno.lock": string;
  "bun.lock": string;
}

/** Where the files contradict each other, or would lead to different packages on another machine. */
export function packageProblems(files: PackageFiles): string[] {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(files["package.json"]);
  const versions: Record<string, string> = { ...dependencies, ...devDependencies };
  const { imports } = JSON.parse(files["deno.json"]);
  const { paths } = JSON.parse(files["tsconfig.json"]).compilerOptions;
  return [
    ...inexact(versions),
    ...wrongVersions(imports, versions),
    ...differentMaps(imports, paths),
    ...differentLocks(files, versions),
  ];
}

type Texts = Record<string, string>;

/** A range could mean another version tomorrow. */
function inexact(versions: Texts): string[] {
  return Object.entries(versions).filter(([, version]) =>
    !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)
  )
    .map(([name, version]) =>
      `package.json: ${name} is at '${version}', which is no exact version`
    );
}

/** deno.json must repeat these, because an import map has no other way to name a file of a package. */
function wrongVersions(imports: Texts, versions: Texts): string[] {
  return Object.entries(imports).flatMap(([name, target]) => {
    const npm = npmTarget(target);
    if (!npm || versions[npm.name] === npm.version) return [];
    return [
      `deno.json: ${name} is in ${npm.name} ${npm.version}, of which package.json has ${
        versions[npm.name] ?? "nothing"
      }`,
    ];
  });
}

function npmTarget(target: string): { name: string; version: string; path: string } | undefined {
  const found = /^npm:((?:@[^/]+\/)?[^@/]+)@([^/]+)(\/.*)?$/.exec(target);
  return found ? { name: found[1], version: found[2], path: found[3] ?? "" } : undefined;
}

function differentMaps(imports: Texts, paths: Record<string, string[]>): string[] {
  const wanted = Object.entries(imports).map(([name, target]) => {
    const npm = npmTarget(target);
    return [name, npm ? `./node_modules/${npm.name}${npm.path}` : target];
  });
  const there = Object.entries(paths).map(([name, [first]]) => [name, first]);
  const lines = (entries: string[][]) => entries.map((entry) => entry.join(" as ")).sort();
  const both = [lines(wanted), lines(there)];
  return [
    ...both[0].filter((line) => !both[1].includes(line)).map((line) =>
      `tsconfig.json: lacks ${line}`
    ),
    ...both[1].filter((line) => !both[0].includes(line)).map((line) => `deno.json: lacks ${line}`),
  ];
}

function differentLocks(files: PackageFiles, versions: Texts): string[] {
  const deno = JSON.parse(files["deno.lock"]);
  // bun.lock has trailing commas.
  const bun = JSON.parse(files["bun.lock"].replace(/,(\s*[}\]])/g, "$1"));
  const asked = Object.entries(versions).map(([name, version]) => `npm:${name}@${version}`).sort();
  const problems: string[] = [];
  if (String([...deno.workspace.packageJson?.dependencies ?? []].sort()) !== String(asked)) {
    problems.push("deno.lock: is not of this package.json: run deno install");
  }
  const { dependencies = {}, devDependencies = {} } = bun.workspaces[""];
  if (!sameTexts({ ...dependencies, ...devDependencies }, versions)) {
    problems.push("bun.lock: is not of this package.json: run bun install");
  }
  const locked: Texts = {};
  for (const [id, from, , integrity] of Object.values(bun.packages) as string[][]) {
    locked[id] = integrity;
    if (from !== "") problems.push(`bun.lock: ${id} is bound to ${from}: empty that field`);
  }
  const denoLocked = Object.entries(deno.npm as Record<string, { integrity: string }>);
  if (!sameTexts(Object.fromEntries(denoLocked.map(([id, of]) => [id, of.integrity])), locked)) {
    problems.push("deno.lock and bun.lock: hold different packages");
  }
  return problems;
}

function sameTexts(a: Texts, b: Texts): boolean {
  const lines = (texts: Texts) => Object.entries(texts).map((entry) => entry.join(" ")).sort();
  return String(lines(a)) === String(lines(b));
}
