// What the shell of a host does with the scripts that it gets; here without a connection, and with a small imp.
import { assertEquals, assertMatch } from "@std/assert";
import { checksumLine } from "../../src/base/checksum_line.ts";
import {
  copyName,
  RECEIVING_COMMAND,
  receivingScript,
  startingCommand,
} from "../../src/hosts/remote_script.ts";
import type { WorkerImage } from "../../src/hosts/worker_image.ts";
import { e2e, e2eAsRoot, installed, type RunResult, type Sandbox } from "./harness.ts";

const VERSION = "1.2.3";
const ARCH = Deno.build.arch;

/** An executable that says its version, and what it was asked to do. */
async function smallImp(box: Sandbox, body = `echo 'imp ${VERSION}'`): Promise<WorkerImage> {
  const script =
    `#!/bin/sh\nif [ "$1" = --version ]; then ${body}; else echo "ran $0 $*"; fi\nexit\n`;
  const bytes = new TextEncoder().encode(script);
  const sum = await crypto.subtle.digest("SHA-256", bytes);
  const digest = [...new Uint8Array(sum)].map((n) => n.toString(16).padStart(2, "0")).join("");
  const line = checksumLine(digest);
  const path = box.path("small-imp");
  Deno.writeFileSync(path, bytes);
  Deno.writeFileSync(path, line, { append: true });
  return { path, arch: ARCH, size: bytes.length + line.length, digest };
}

interface Home {
  readonly env: Record<string, string>;
  readonly cache: string;
}

function home(box: Sandbox): Home {
  Deno.mkdirSync(box.path("home"), { recursive: true });
  return {
    env: { HOME: box.path("home"), XDG_CACHE_HOME: "", XDG_RUNTIME_DIR: "" },
    cache: box.path("home/.cache/imp"),
  };
}

interface Way {
  readonly unpack?: string;
  /** Turns a file into what is sent. */
  readonly pack?: string;
  readonly shell?: string;
  readonly env?: Record<string, string>;
}

/** Has a shell take the executable in. */
function receive(box: Sandbox, image: WorkerImage, way: Way = {}): Promise<RunResult> {
  const { unpack = "cat", pack = "cat", shell = "sh" } = way;
  const line = receivingScript(VERSION, image, unpack, "sha256sum");
  const file = Deno.makeTempFileSync({ dir: box.directory });
  Deno.writeTextFileSync(file, `${line}\n`);
  const command = RECEIVING_COMMAND.replace("/bin/sh", shell);
  const script = `(cat '${file}'; { ${pack}; } < '${image.path}') | ${command}`;
  return box.sh(script, { env: way.env ?? home(box).env });
}

function start(box: Sandbox, image: WorkerImage, shell = "sh"): Promise<RunResult> {
  const env = home(box).env;
  return box.run([shell, "-c", startingCommand(VERSION, [image])], { env });
}

const SHELLS = ["sh", "bash", "dash", "zsh", "busybox sh", "fish", "tcsh", "csh"];

e2e("an imp is copied once, and started from there by any shell", async (box) => {
  const image = await smallImp(box);
  const needs = await start(box, image);
  assertMatch(needs.stdout, /^imp-host needs \S+ Linux .*sha256sum/m);
  const { cache } = home(box);
  assertEquals((await receive(box, image)).stdout, `imp-host done ${cache}\n`);
  const copy = `${cache}/${copyName(VERSION, image)}`;
  assertEquals(Deno.statSync(cache).mode! & 0o7777, 0o700);
  assertEquals(Deno.statSync(copy).mode! & 0o7777, 0o700);
  for (const shell of SHELLS.filter((name) => installed(name.split(" ")[0]))) {
    const script = startingCommand(VERSION, [image]);
    const words = [...shell.split(" "), "-c", script];
    const ran = await box.run(words, { env: home(box).env });
    assertEquals(ran.stdout, `ran ${copy} worker --stdio\n`, shell);
  }
});

e2e("an installed imp of the same version is taken", async (box) => {
  const image = await smallImp(box);
  const bin = box.path("home/.local/bin");
  const { env } = home(box);
  Deno.mkdirSync(bin, { recursive: true });
  Deno.copyFileSync(image.path, `${bin}/imp`);
  Deno.chmodSync(`${bin}/imp`, 0o755);
  const command = startingCommand(VERSION, [image]);
  const ran = await box.run(["sh", "-c", command], { env });
  assertEquals(ran.stdout, `ran ${bin}/imp worker --stdio\n`);
  const other = await box.run(["sh", "-c", startingCommand("1.2.4", [image])], { env });
  assertMatch(other.stdout, /^\nimp-host needs /);
});

for (
  const [tool, pack, unpack] of [["zstd", "zstd -q -3 -c", "zstd -dcq"], [
    "gzip",
    "gzip -3 -c",
    "gzip -dc",
  ]]
) {
  e2e(`packed by ${tool}`, async (box) => {
    const image = await smallImp(box);
    const { stdout } = await receive(box, image, { pack, unpack });
    assertEquals(stdout, `imp-host done ${home(box).cache}\n`);
  }, [tool]);
}

e2e("what did not arrive whole gets no name", async (box) => {
  const image = await smallImp(box);
  const { cache } = home(box);
  for (const pack of ["head -c 40", "tr e f", "true"]) {
    const broken = await receive(box, image, { pack });
    assertEquals(broken.stdout, `imp-host broken ${cache}\n`, pack);
    assertEquals([...Deno.readDirSync(cache)], []);
  }
  const cut = await receive(box, image, { pack: "gzip -c | head -c 40", unpack: "gzip -dc" });
  assertMatch(cut.stdout, /^imp-host broken \S+ gzip: stdin: unexpected end of file\n$/);
  assertEquals([...Deno.readDirSync(cache)], []);
});

e2e("what does not run there gets no name", async (box) => {
  const image = await smallImp(box, "kill -ILL $$");
  const foreign = await receive(box, image);
  assertMatch(foreign.stdout, /^imp-host foreign 132/);
  assertEquals([...Deno.readDirSync(home(box).cache)], []);
});

e2e("two at once: both are whole", async (box) => {
  const image = await smallImp(box);
  const slow = "(sleep 0.2; cat)";
  const both = await Promise.all([receive(box, image, { pack: slow }), receive(box, image)]);
  const { cache } = home(box);
  for (const one of both) assertEquals(one.stdout, `imp-host done ${cache}\n`);
  assertEquals([...Deno.readDirSync(cache)].map(({ name }) => name), [copyName(VERSION, image)]);
});

e2e("old copies that nobody starts are removed, and what is left of broken ones", async (box) => {
  const image = await smallImp(box);
  const { cache } = home(box);
  await receive(box, image);
  const long = new Date(Date.now() - 40 * 24 * 3600_000);
  for (
    const name of ["imp-1.2.2-aaaa", "imp-1.2.1-bbbb", "new-elsewhere-7", "new-now-8", "notes"]
  ) {
    Deno.writeTextFileSync(`${cache}/${name}`, "");
    if (!/2.1|now/.test(name)) Deno.utimeSync(`${cache}/${name}`, long, long);
  }
  await receive(box, image);
  const names = [...Deno.readDirSync(cache)].map(({ name }) => name).sort();
  assertEquals(names, ["imp-1.2.1-bbbb", copyName(VERSION, image), "new-now-8", "notes"]);
});

e2e("a start tells that the copy is used", async (box) => {
  const image = await smallImp(box);
  await receive(box, image);
  const copy = `${home(box).cache}/${copyName(VERSION, image)}`;
  const long = new Date(Date.now() - 40 * 24 * 3600_000);
  Deno.utimeSync(copy, long, long);
  await start(box, image);
  assertEquals(Date.now() - Deno.statSync(copy).mtime!.getTime() < 24 * 3600_000, true);
});

e2e("a directory that others may write to, or that is a link, is not used", async (box) => {
  const image = await smallImp(box);
  const { env, cache } = home(box);
  const runtime = box.path("run");
  Deno.mkdirSync(runtime);
  const way = { env: { ...env, XDG_RUNTIME_DIR: runtime } };
  Deno.mkdirSync(cache, { recursive: true });
  Deno.chmodSync(cache, 0o770);
  assertEquals((await receive(box, image, way)).stdout, `imp-host done ${runtime}/imp\n`);
  Deno.removeSync(cache);
  Deno.symlinkSync(runtime, cache);
  assertEquals((await receive(box, image, way)).stdout, `imp-host done ${runtime}/imp\n`);
});

e2eAsRoot("places that are full, noexec or anybody's are reported", async (box) => {
  const image = await smallImp(box);
  const line = receivingScript(VERSION, image, "cat", "sha256sum");
  Deno.writeTextFileSync(box.path("line"), `${line}\n`);
  const mounts = `set -e
    mount -t tmpfs -o mode=755 t /mnt; mkdir -m 700 /mnt/home /mnt/run
    mount -t tmpfs -o noexec,mode=700 t /mnt/home; mount -t tmpfs -o size=1M,mode=700 t /mnt/run
    mount -t tmpfs -o mode=777 t /var/tmp; mount -t tmpfs -o noexec,mode=1777 t /tmp
    ${RECEIVING_COMMAND}`;
  Deno.writeTextFileSync(box.path("mounts"), mounts);
  const env = { HOME: "/mnt/home", XDG_CACHE_HOME: "", XDG_RUNTIME_DIR: "/mnt/run" };
  const script = `(cat line small-imp) | unshare --mount sh -c "$(cat mounts)"`;
  const { stdout } = await box.sh(script, { env });
  assertEquals(
    stdout,
    "imp-host room /mnt/home/.cache/imp is mounted noexec, /mnt/run/imp has 1 MB left, " +
      "/tmp/imp-0 is mounted noexec\n",
  );
});
