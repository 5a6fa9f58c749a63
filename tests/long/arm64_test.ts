// imp for arm64, and the contract tests under Bun for arm64, run by qemu-user: with a handler for such programs and arm64's libc
// beside this machine's own, in namespaces of their own.
import { assertEquals, assertMatch } from "@std/assert";
import { e2e, exists, installed, isRoot, type RunResult, type Sandbox } from "../e2e/harness.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const IMP = `${ROOT}dist/imp-linux-arm64`;
/** Of Debian's libc6-arm64-cross. */
const LIBC = "/usr/aarch64-linux-gnu/lib";
const QEMU = "qemu-aarch64-static";

/**
 * Those that run there. The others meet the emulator: seccomp filters would see its own calls, forked children wait for locks of
 * its threads, a namespace with one user has no other.
 */
const CONTRACT = [
  ...["channel", "child_wakeup", "errno", "files", "leash", "limits", "mapping"],
  ...["memory", "runtime_socket", "socket", "stat", "targets", "witness"],
];

/** The kernel's words for an ELF file of arm64, of binfmt_misc: name, magic, mask, interpreter. */
const HANDLER = `:${QEMU}:M::` +
  "\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:" +
  "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:";

/** Runs a script where programs for arm64 run; binfmt_misc has been a matter of the user namespace since Linux 6.7. */
function onArm64(box: Sandbox, script: string): Promise<RunResult> {
  return box.run([
    ...["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec"],
    `mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
    printf '%s' '${HANDLER}'"$(command -v ${QEMU})":FP > /proc/sys/fs/binfmt_misc/register
    mount -t overlay -o lowerdir=${LIBC}:/usr/lib none /usr/lib
    ${script}`,
  ]);
}

function arm64(name: string, body: (box: Sandbox) => Promise<void>): void {
  e2e(`arm64: ${name}`, async (box) => {
    if (!installed(QEMU)) box.skip(`${QEMU} is not installed`);
    if (!exists(LIBC)) box.skip(`${LIBC} is not there (libc6-arm64-cross)`);
    if (!isRoot) box.skip("it needs root: an overlay over /usr/lib");
    if ((await onArm64(box, "true")).code !== 0) box.skip("it needs binfmt_misc (Linux 6.7)");
    await body(box);
  });
}

arm64("the binary", async (box) => {
  const built = await box.run([`${ROOT}scripts/build`, "--target", "linux-arm64"]);
  assertEquals([built.code, built.stdout], [0, ""], built.stderr);
  const imp = async (script: string, pattern: RegExp) => {
    const { code, stdout, stderr } = await onArm64(box, `IMP=${IMP}; ${script}`);
    assertEquals([script, code], [script, 0], stderr);
    assertMatch(stdout + stderr, pattern);
  };
  await imp(`"$IMP" --version`, /^imp \d/);
  await imp(`"$IMP" tree $$`, /COMMAND/);
  await imp(`"$IMP" inspect $$`, /Survives/);
  await imp(`"$IMP" pool -k echo ::: a b`, /^a\nb\n$/);
  await imp(`"$IMP" daemon -- true`, /^\d+\n$/);
  await imp(`mkdir gone; cd gone; rmdir ../gone; "$IMP" pool echo ::: a`, /^a\n$/);
  await imp(`trap '' PIPE; "$IMP" pool grep SigIgn ::: /proc/self/status`, /1000\n$/);
});

for (const name of CONTRACT) {
  arm64(`contract: ${name}`, async (box) => {
    const bundle = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["bundle", "--quiet", "--platform", "deno", "--external", "bun:*"],
        ...["--output", box.path("test.js"), `tests/contract/${name}_test.ts`],
      ],
      cwd: ROOT,
    }).output();
    assertEquals(bundle.code, 0, new TextDecoder().decode(bundle.stderr));
    const bun = `. scripts/lib/toolchain.sh; toolchain_runtime linux-arm64; echo "$RUNTIME"`;
    const found = await box.sh(`root=${ROOT}; cd "$root"; ${bun}`);
    const program = found.stdout.trim();
    const { stdout, stderr } = await onArm64(box, `cd ${ROOT}; ${program} ${box.path("test.js")}`);
    assertMatch(stdout, /\nran [1-9]\d* tests, 0 failed\n$/, stdout + stderr);
  });
}
