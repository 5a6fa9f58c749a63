// install.sh of an archive, with a small program in imp's place; and `imp version --verify`.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, e2eOfBinary, exists, impBinary, type Sandbox } from "./harness.ts";

const INSTALL = new URL("../../scripts/release_parts/install.sh", import.meta.url).pathname;

/** An unpacked archive of a version. @param more files below share, by path */
function unpack(box: Sandbox, version: string, more: Record<string, string> = {}): string {
  const top = box.path(`imp-${version}`);
  const files = {
    "bin/imp": `#!/bin/sh\n[ "$1" = version ] && echo "imp ${version}"\n`,
    "share/man/man1/imp.1": `manual ${version}`,
    ...more,
  };
  for (const [path, text] of Object.entries(files)) {
    Deno.mkdirSync(`${top}/${path}`.replace(/[^/]+$/, ""), { recursive: true });
    Deno.writeTextFileSync(`${top}/${path}`, text);
  }
  Deno.chmodSync(`${top}/bin/imp`, 0o755);
  Deno.copyFileSync(INSTALL, `${top}/install.sh`);
  return top;
}

/** Unpacked, with its list of checksums. */
async function archive(box: Sandbox, version: string, more?: Record<string, string>) {
  const top = unpack(box, version, more);
  await box.sh(
    `cd ${top}; find . -type f -printf '%P\\n' | xargs sha256sum >../sums; mv ../sums SHA256SUMS`,
  );
  return top;
}

e2e(
  "install.sh: installs, upgrades, removes what the new version no longer has, and uninstalls",
  async (box) => {
    const old = await archive(box, "1.0", { "share/man/man1/imp-old.1": "old" });
    const prefix = box.path("a prefix");
    const first = await box.sh(`umask 077; ${old}/install.sh --prefix "${prefix}"`);
    assertEquals([first.code, first.stderr], [0, ""]);
    assertEquals(Deno.statSync(`${prefix}/share/man/man1`).mode! & 0o777, 0o755);
    assertStringIncludes(first.stdout, `installed imp 1.0 in ${prefix}/bin\n`);
    assertStringIncludes(first.stdout, `not on PATH: ${prefix}/bin\n`);
    Deno.writeTextFileSync(`${prefix}/share/man/man1/other.1`, "of somebody else");
    const inode = Deno.statSync(`${prefix}/bin/imp`).ino;
    const next = await box.run([`${await archive(box, "2.0")}/install.sh`, `--prefix=${prefix}`]);
    assertEquals([next.code, next.stderr], [0, ""]);
    assertEquals(Deno.statSync(`${prefix}/bin/imp`).ino === inode, false);
    assertEquals(exists(`${prefix}/share/man/man1/imp-old.1`), false);
    const gone = await box.run([
      `${box.path("imp-2.0")}/install.sh`,
      "--prefix",
      prefix,
      "--uninstall",
    ]);
    assertEquals([gone.code, gone.stdout], [0, `removed imp from ${prefix}\n`]);
    const left = await box.sh(`cd "${prefix}"; find . -type f`);
    assertEquals(left.stdout, "./share/man/man1/other.1\n");
    const again = await box.run([
      `${box.path("imp-2.0")}/install.sh`,
      "--prefix",
      prefix,
      "--uninstall",
    ]);
    assertEquals(again.code, 1);
    assertMatch(again.stderr, /nothing to remove/);
    const help = await box.run([`${old}/install.sh`, "--help"]);
    assertEquals([help.code, help.stderr], [0, ""]);
    assertMatch(
      help.stdout,
      /^install\.sh \[--prefix DIR\].*\nDIR: \/usr\/local.*\n.*downloaded\.\n$/,
    );
  },
);

e2e(
  "install.sh: a damaged archive, one for another machine, bad words: nothing is installed",
  async (box) => {
    const top = await archive(box, "1.0");
    const prefix = box.path("prefix");
    const failing = async (pattern: RegExp, code: number, ...words: string[]) => {
      const result = await box.run([`${top}/install.sh`, ...words]);
      assertEquals([result.code, result.stdout], [code, ""]);
      assertMatch(result.stderr, pattern);
      assertEquals(exists(prefix), false);
    };
    await failing(/usage:/, 2, "--frefix");
    await failing(/--prefix needs a directory/, 1, "--prefix");
    await failing(/not an absolute path/, 1, "--prefix", "here");
    Deno.writeTextFileSync(`${top}/share/man/man1/imp.1`, "changed");
    await failing(/damaged or changed/, 1, "--prefix", prefix);
    Deno.removeSync(`${top}/SHA256SUMS`);
    await failing(/no SHA256SUMS/, 1, "--prefix", prefix);
    Deno.writeTextFileSync(`${top}/bin/imp`, "\x7fELF of another machine");
    await box.sh(`cd ${top}; sha256sum bin/imp >SHA256SUMS`);
    await failing(/does not run here/, 1, "--prefix", prefix);
  },
);

e2eOfBinary("version --verify: whole, damaged, cut, and the digest of the file", async (box) => {
  const whole = await box.imp(["version", "--verify"]);
  const sum = (await box.run(["sha256sum", impBinary()])).stdout.slice(0, 64);
  assertEquals([whole.code, whole.stderr], [0, ""]);
  assertMatch(whole.stdout, /: imp \d+\.\d+\.\d+, whole\nsha256 [0-9a-f]{64}\n$/);
  assertStringIncludes(whole.stdout, sum);
  const copy = box.path("imp");
  Deno.copyFileSync(impBinary(), copy);
  // Nothing is read after the last section; damage there does not keep it from starting.
  const { size } = Deno.statSync(copy);
  const change = (at: number, bytes: Uint8Array) => {
    using file = Deno.openSync(copy, { write: true });
    file.truncateSync(size - 1);
    file.seekSync(at, Deno.SeekMode.Start);
    file.writeSync(bytes);
  };
  const last = Deno.readFileSync(copy)[size - 2];
  change(size - 2, new TextEncoder().encode(last === "0".charCodeAt(0) ? "1" : "0"));
  const cut = await box.run([copy, "version", "--verify"]);
  assertEquals([cut.code, cut.stdout], [1, ""]);
  assertMatch(cut.stderr, /it does not end with its checksum/);
  change(size - 1, new TextEncoder().encode("\n"));
  const damaged = await box.run([copy, "version", "--verify", "--json"]);
  assertEquals(damaged.code, 1);
  const { path, whole: isWhole, sha256 } = JSON.parse(damaged.stdout);
  assertEquals([path, isWhole], [copy, false]);
  assertEquals(sha256 === sum, false);
  const both = await box.imp(["version", "--verify", "--verbose"]);
  assertEquals(both.code, 2);
});
