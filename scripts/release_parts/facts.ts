import { run } from "./commands.ts";

/** One executable of a release. */
export interface Target {
  /** The name that scripts/build uses. */
  readonly name: string;
  /** Selects its waiters. */
  readonly arch: "x64" | "arm64";
  /** Names of the machine in packages; undefined: no packages are made. */
  readonly packages?: { readonly deb: string; readonly rpm: string };
}

/** Packages must run on every machine of their architecture, so they contain the build without AVX2. */
export const TARGETS: readonly Target[] = [
  { name: "linux-x64", arch: "x64" },
  {
    name: "linux-x64-baseline",
    arch: "x64",
    packages: { deb: "amd64", rpm: "x86_64" },
  },
  { name: "linux-arm64", arch: "arm64", packages: { deb: "arm64", rpm: "aarch64" } },
  { name: "linux-x64-musl", arch: "x64" },
  { name: "linux-arm64-musl", arch: "arm64" },
];
export const RELEASED = ["linux-x64", "linux-x64-baseline", "linux-arm64", "linux-x64-musl"];

/** What all parts of a release share. */
export interface Release {
  readonly root: string;
  readonly out: string;
  readonly work: string;
  readonly version: string;
  readonly commit: string;
  /** Time of the commit, in seconds: the time of every file. */
  readonly time: number;
  readonly quick: boolean;
}

/** The licence and contents of an npm package. */
export interface PackageFacts {
  readonly name: string;
  readonly version: string;
  /** `sha512-` and base64, as in the registry. */
  readonly integrity: string;
  readonly licence: string;
  readonly licenceText?: string;
}

/** Packages inside the executable, from package.json and bun.lock and from the packages themselves. */
export async function packagesInside(root: string): Promise<PackageFacts[]> {
  const { dependencies } = JSON.parse(await Deno.readTextFile(`${root}/package.json`));
  const lock = await Deno.readTextFile(`${root}/bun.lock`);
  const cache = Deno.env.get("DENO_DIR")!;
  return await Promise.all(
    Object.entries(dependencies as Record<string, string>).map(async ([name, version]) => {
      const integrity = new RegExp(`"${name}@${version}",.*"(sha512-[^"]+)"`).exec(lock)?.[1];
      const folder = await packageFolder(`${cache}/npm`, name, version);
      const { license } = JSON.parse(await Deno.readTextFile(`${folder}/package.json`));
      const licenceText = await licenceOf(folder);
      return { name, version, integrity: integrity ?? "", licence: license, licenceText };
    }),
  );
}

/** @param npm has a folder for each registry */
async function packageFolder(npm: string, name: string, version: string): Promise<string> {
  for await (const { name: registry } of Deno.readDir(npm)) {
    const folder = `${npm}/${registry}/${name}/${version}`;
    if (await Deno.stat(folder).then(() => true, () => false)) return folder;
  }
  throw new Error(`${name} ${version} is not in ${npm}: build first`);
}

async function licenceOf(folder: string): Promise<string | undefined> {
  for await (const { name } of Deno.readDir(folder)) {
    if (/^licen[cs]e(\.(md|txt))?$/i.test(name)) {
      return await Deno.readTextFile(`${folder}/${name}`);
    }
  }
}

export async function commitFacts(root: string): Promise<Pick<Release, "commit" | "time">> {
  const git = async (...args: string[]) => (await run("git", ["-C", root, ...args])).trim();
  const changes = await git("status", "--porcelain", "--untracked-files=no");
  if (changes !== "") {
    throw new Error(`a release is made of a commit, and files differ:\n${changes}`);
  }
  return {
    commit: await git("rev-parse", "HEAD"),
    time: Number(await git("log", "-1", "--format=%ct")),
  };
}
