import { restImage } from "../../src/init/rest/image.ts";
import { REST_NAME } from "../../src/init/rest/rest_page.ts";
import { waiterImage } from "../../src/keeper/waiter/image.ts";
import { INSTALLED, INSTALLED_WAITER } from "../../src/keeper/waiter/place.ts";
import { picturesOf } from "../lib/links.ts";
import { run, sha256 } from "./commands.ts";
import type { Release, Target } from "./facts.ts";

type Kind = "archive" | "deb" | "rpm";

/** Common to all forms of a release, made once by the imp of this machine. */
export interface Shared {
  /** Folder with the manual pages. */
  readonly manuals: string;
  /** Completions by shell. */
  readonly completions: Readonly<Record<"bash" | "zsh" | "fish", string>>;
  readonly thirdParty: string;
}

/** Below share. Debian's zsh looks elsewhere for completions of packages. */
const COMPLETIONS = (kind: Kind) => ({
  bash: "bash-completion/completions/imp",
  zsh: kind === "deb" ? "zsh/vendor-completions/_imp" : "zsh/site-functions/_imp",
  fish: "fish/vendor_completions.d/imp.fish",
});

/** The folder of an archive: it is unpacked anywhere, and install.sh installs from there. */
export async function archiveTree(
  release: Release,
  target: Target,
  shared: Shared,
): Promise<string> {
  const { root, work, version } = release;
  const name = `imp-${version}-${target.name}`;
  const top = `${work}/${name}`;
  await install(`${top}/bin/imp`, executableOf(work, target), 0o755);
  await shareTree(`${top}/share`, shared, "archive");
  await installPages(root, top, ["LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md"]);
  await Deno.writeTextFile(`${top}/THIRD-PARTY.txt`, shared.thirdParty);
  await install(`${top}/install.sh`, `${root}/scripts/release_parts/install.sh`, 0o755);
  await Deno.writeTextFile(`${top}/SHA256SUMS`, await sums(top));
  return name;
}

/** The tree of a .deb or .rpm, from the root of the file system. */
export async function packageTree(
  { root, work }: Release,
  target: Target,
  shared: Shared,
  kind: "deb" | "rpm",
): Promise<string> {
  const top = `${work}/${kind}-${target.name}`;
  await install(`${top}/usr/bin/imp`, executableOf(work, target), 0o755);
  await shareTree(`${top}/usr/share`, shared, kind);
  await run("find", [`${top}/usr/share/man`, "-type", "f", "-exec", "gzip", "-9n", "{}", "+"]);
  await Deno.mkdir(`${top}${INSTALLED}`, { recursive: true });
  for (const [path, image] of smallExecutables(target.arch)) {
    await Deno.writeFile(`${top}${path}`, image);
    await Deno.chmod(`${top}${path}`, 0o755);
  }
  const docs = `${top}/usr/share/doc/imp`;
  await installPages(root, docs, ["README.md", "CHANGELOG.md"]);
  const licence = await Deno.readTextFile(`${root}/LICENSE`);
  const copyright = `${licence}\n${"=".repeat(72)}\n\n${shared.thirdParty}`;
  await Deno.writeTextFile(`${docs}/copyright`, copyright);
  return top;
}

/** The small executables that wait in imp's place, by path. */
function smallExecutables(arch: Target["arch"]): [path: string, image: Uint8Array][] {
  return [
    [INSTALLED_WAITER, waiterImage(arch)],
    [`${INSTALLED}/${REST_NAME}`, restImage(arch)],
  ];
}

/** Where the built executable of a target is, in the work folder. */
export function executableOf(work: string, { name }: Target): string {
  return `${work}/built/${name}`;
}

async function shareTree(
  share: string,
  { manuals, completions }: Shared,
  kind: Kind,
): Promise<void> {
  for await (const { name } of Deno.readDir(manuals)) {
    await install(`${share}/man/man1/${name}`, `${manuals}/${name}`);
  }
  for (const [shell, path] of Object.entries(COMPLETIONS(kind))) {
    await Deno.mkdir(directoryOf(`${share}/${path}`), { recursive: true });
    await Deno.writeTextFile(`${share}/${path}`, completions[shell as keyof Shared["completions"]]);
  }
}

/** Pages of the top folder, with the pictures that they show. */
async function installPages(root: string, to: string, pages: readonly string[]): Promise<void> {
  const texts = await Promise.all(pages.map((page) => Deno.readTextFile(`${root}/${page}`)));
  for (const file of [...pages, ...texts.flatMap(picturesOf)]) {
    await install(`${to}/${file}`, `${root}/${file}`);
  }
}

async function install(to: string, from: string, mode = 0o644): Promise<void> {
  await Deno.mkdir(directoryOf(to), { recursive: true });
  await Deno.copyFile(from, to);
  await Deno.chmod(to, mode);
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Input for `sha256sum -c`, of all files below a folder. */
async function sums(top: string): Promise<string> {
  const files = (await run("find", [".", "-type", "f", "-printf", "%P\n"], { cwd: top })).trim();
  const lines = files.split("\n").sort().map(async (file) =>
    `${await sha256(`${top}/${file}`)}  ${file}`
  );
  return (await Promise.all(lines)).join("\n") + "\n";
}
