// What scripts/release makes, installed by the tools of each form in a root of its own, and run. A release is made of a commit:
// of the last one, in a clone.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { e2eAsRoot, exists, installed, type Sandbox } from "../e2e/harness.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const TOOLS = ["dpkg-deb", "rpmbuild", "rpm", "xz", "zstd", "unshare"];
const ARM_LIBC = "/usr/aarch64-linux-gnu";

/** A clone of the last commit with this one's toolchain, and the release that it makes. */
async function release(
  box: Sandbox,
  name: string,
  targets: string[],
  from = ROOT,
): Promise<string> {
  const clone = box.path(name), out = box.path(`${name}-release`);
  const made = await box.sh(
    `set -e; git clone -q ${from} ${clone}; mkdir -p ${clone}/.toolchain/deno-cache
    cp -a ${ROOT}.toolchain/@* ${clone}/.toolchain/; cp -a ${ROOT}.toolchain/deno-cache/npm ${clone}/.toolchain/deno-cache/
    ${clone}/scripts/release --quick --out ${out} ${
      targets.map((one) => `--target ${one}`).join(" ")
    }`,
    { env: { DENO_DIR: "" } },
  );
  assertEquals(made.code, 0, made.stderr);
  return out;
}

/** In a root of its own: this one's files, and what is changed is nobody else's. */
function inOwnRoot(box: Sandbox, script: string) {
  const top = box.path("root");
  return box.run([
    "unshare",
    "--mount",
    "--pid",
    "--fork",
    "sh",
    "-ec",
    `
    mkdir -p ${top}; mount -t tmpfs none ${top}; mkdir ${top}/upper ${top}/work ${top}/all
    mount -t overlay -o lowerdir=/,upperdir=${top}/upper,workdir=${top}/work none ${top}/all
    for one in proc dev ${box.directory.slice(1)}; do mount --rbind /$one ${top}/all/$one; done
    mount -t proc none ${top}/all/proc
    exec chroot ${top}/all sh -ec '${script.replaceAll("'", `'\\''`)}'`,
  ]);
}

const WORKS = (imp: string) => `
  ${imp} version --verify; ${imp} pool -k echo ::: a b; ${imp} daemon -- true >/dev/null
  ${imp} inspect $$ | grep -q Survives`;

e2eAsRoot("release: every form of it is installed, runs, and is removed again", async (box) => {
  const missing = TOOLS.filter((tool) => !installed(tool));
  if (missing.length > 0) box.skip(`not installed: ${missing.join(", ")}`);
  const out = await release(box, "first", ["linux-x64-baseline", "linux-arm64"]);
  assertEquals((await box.sh(`cd ${out} && sha256sum -c --quiet SHA256SUMS`)).stdout, "");
  const names = [...Deno.readDirSync(out)].map(({ name }) => name);
  const named = (pattern: RegExp) => {
    const name = names.find((one) => pattern.test(one));
    assert(name !== undefined, `${pattern} is none of ${names.join(" ")}`);
    return `${out}/${name}`;
  };
  const deb = await inOwnRoot(
    box,
    `dpkg -i ${named(/_amd64\.deb$/)} >&2; ${WORKS("/usr/bin/imp")}
    export HOME=/root; imp start web -- sleep 300 >/dev/null
    readlink /proc/$(imp status web | sed -n 's/.*keeper \\([0-9]*\\),.*/\\1/p')/exe
    imp stop web >/dev/null; test -x /usr/libexec/imp/imp-init; man -P cat imp-pool | grep -q 'IMP-POOL(1)'
    dpkg -r imp >&2; test ! -e /usr/bin/imp -a ! -e /usr/libexec/imp`,
  );
  assertEquals(deb.code, 0, deb.stderr);
  assertMatch(deb.stdout, /whole\nsha256 [0-9a-f]{64}\na\nb\n/);
  assertMatch(deb.stdout, /\/usr\/libexec\/imp\/imp-keeper/);
  const rpm = await inOwnRoot(
    box,
    `rpm -i --nodeps --dbpath /tmp/rpmdb ${named(/x86_64\.rpm$/)} >&2
    ${WORKS("/usr/bin/imp")}; rpm -e --dbpath /tmp/rpmdb imp; test ! -e /usr/bin/imp`,
  );
  assertEquals([rpm.code, /whole\n/.test(rpm.stdout)], [0, true], rpm.stderr);
  for (const packed of [/x64-baseline\.tar\.xz$/, /x64-baseline\.tar\.zst$/]) {
    const archive = await inOwnRoot(
      box,
      `cd /tmp; tar -xf ${named(packed)}; ./imp-*/install.sh >&2
      ${
        WORKS("/usr/local/bin/imp")
      }; ./imp-*/install.sh --uninstall >&2; test ! -e /usr/local/bin/imp`,
    );
    assertEquals([archive.code, /whole\n/.test(archive.stdout)], [0, true], archive.stderr);
  }
  const others = await box.sh(`set -e; mkdir arm; dpkg-deb -x ${named(/_arm64\.deb$/)} arm
    dpkg-deb -I ${named(/_arm64\.deb$/)} | grep -q 'Architecture: arm64'
    rpm -qp --qf '%{ARCH}\\n' ${named(/aarch64\.rpm$/)}`);
  assertEquals([others.code, others.stdout], [0, "aarch64\n"], others.stderr);
  if (!installed("qemu-aarch64-static") || !exists(ARM_LIBC)) {
    box.skip("arm64 was not run: no emulator");
  }
  const arm = await box.sh(`qemu-aarch64-static -L ${ARM_LIBC} arm/usr/bin/imp version`);
  assertMatch(arm.stdout, /^imp \d/, arm.stderr);
});

e2eAsRoot("release: two of a commit are alike, byte for byte", async (box) => {
  const missing = TOOLS.filter((tool) => !installed(tool));
  if (missing.length > 0) box.skip(`not installed: ${missing.join(", ")}`);
  // Of the first clone's commit: this one's may be another meanwhile.
  const sums = async (name: string, from?: string) =>
    await Deno.readTextFile(`${await release(box, name, ["linux-x64-baseline"], from)}/SHA256SUMS`);
  assertEquals(await sums("one"), await sums("another", box.path("one")));
});
