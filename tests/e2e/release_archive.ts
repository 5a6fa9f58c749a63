// A release archive made from the imp under test.
import { assertEquals } from "@std/assert";
import { TARGETS } from "../../scripts/release_parts/facts.ts";
import { archiveTree, executableOf } from "../../scripts/release_parts/tree.ts";
import { impBinary, type Sandbox } from "./harness.ts";

const ROOT = new URL("../..", import.meta.url).pathname.slice(0, -1);

/** The version of the sources. */
export const { version: ownVersion }: { version: string } = JSON.parse(
  Deno.readTextFileSync(`${ROOT}/deno.json`),
);

/**
 * Creates what scripts/release packs, and the list of checksums beside it; only the slow packing is left out.
 * @returns the name of the archive
 */
export async function makeRelease(box: Sandbox, folder: string): Promise<string> {
  const work = box.path("release");
  const manuals = `${work}/man1`;
  const [target] = TARGETS;
  Deno.mkdirSync(`${work}/built`, { recursive: true });
  Deno.symlinkSync(impBinary(), executableOf(work, target));
  Deno.mkdirSync(manuals);
  assertEquals((await box.imp(["manual", "--dir", manuals])).code, 0);
  const completions = async (shell: string) => (await box.imp(["completions", shell])).stdout;
  const name = await archiveTree(
    { root: ROOT, out: folder, work, version: ownVersion, commit: "", time: 0, quick: true },
    target,
    {
      manuals,
      completions: {
        bash: await completions("bash"),
        zsh: await completions("zsh"),
        fish: await completions("fish"),
      },
      thirdParty: "",
    },
  );
  const { code, stderr } = await box.sh(
    `tar -C ${work} -cf ${folder}/${name}.tar.xz ${name} && rm -r ${work}
    cd ${folder} && sha256sum ${name}.tar.xz >SHA256SUMS && echo "$(printf %064d 0)  another-file" >>SHA256SUMS`,
  );
  assertEquals([code, stderr], [0, ""]);
  return `${name}.tar.xz`;
}
