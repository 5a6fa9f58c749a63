// Nothing in the environment or the current directory may control the runtime inside imp.
import { assertEquals, assertMatch } from "@std/assert";
import { e2e, e2eAsRoot, eventually, type Sandbox } from "./harness.ts";

const EVIL = 'console.log("EVIL");\n';

/** What each variable was seen to do to an executable of Bun that is not hardened. */
const HARMFUL: [name: string, value: (box: Sandbox) => string, effect: string][] = [
  ["BUN_OPTIONS", (box) => `--preload ${box.path("evil.ts")}`, "runs a file first"],
  ["BUN_BE_BUN", () => "1", "becomes bun"],
  ["BUN_INSPECT", () => "ws://127.0.0.1:1/x?wait=1", "waits for a debugger"],
  ["BUN_JSC_useJIT", () => "0", "loses its FFI"],
  ["BUN_JSC_dumpOptions", () => "2", "prints"],
  ["BUN_BYTECODE_ORDER_OUT", (box) => box.path("written"), "writes a file"],
  ["BUN_BYTECODE_DIGEST_OUT", (box) => box.path("written"), "writes a file"],
  ["JavaScriptCoreUseJIT", () => "0", "loses its FFI"],
  ["SIMDUTF_FORCE_IMPLEMENTATION", () => "none", "refuses to run"],
];

/** Names that JavaScript runtimes read as well; together they change nothing either. */
const OTHERS = (box: Sandbox): Record<string, string> => ({
  BUN_INSPECT_PRELOAD: box.path("evil.ts"),
  BUN_RUNTIME_TRANSPILER_CACHE_PATH: box.path("written"),
  NODE_CHANNEL_FD: "3",
  NODE_COMPILE_CACHE: box.path("written"),
  NODE_OPTIONS: `--require ${box.path("evil.ts")}`,
  NODE_PATH: box.directory,
  NODE_REDIRECT_WARNINGS: box.path("written"),
  WTF_numberOfProcessorCores: "0",
});

for (const [name, value, effect] of HARMFUL) {
  e2e(`${name} does nothing (a plain Bun executable ${effect})`, async (box) => {
    await changesNothing(box, { [name]: value(box) });
  });
}

e2e("other variables that runtimes read do nothing", async (box) => {
  await changesNothing(box, OTHERS(box));
});

async function changesNothing(box: Sandbox, env: Record<string, string>): Promise<void> {
  Deno.writeTextFileSync(box.path("evil.ts"), EVIL);
  const plain = await box.imp(["--version"]);
  assertEquals(plain.code, 0);
  assertEquals(await box.imp(["--version"], { env }), plain);
  assertEquals(files(box), ["evil.ts"]);
}

e2e("files of the working directory and of the home directory do nothing", async (box) => {
  const plain = await box.imp(["--version"]);
  for (const folder of ["", "home/", "home/.config/"]) {
    Deno.mkdirSync(box.path(folder), { recursive: true });
    Deno.writeTextFileSync(box.path(`${folder}evil.ts`), EVIL);
    const bunfig = `preload = ["${box.path("evil.ts")}"]\n`;
    Deno.writeTextFileSync(box.path(`${folder}bunfig.toml`), bunfig);
    Deno.writeTextFileSync(box.path(`${folder}.bunfig.toml`), bunfig);
    Deno.writeTextFileSync(box.path(`${folder}tsconfig.json`), '{ "extends": "./missing.json" }');
    Deno.writeTextFileSync(box.path(`${folder}package.json`), "{ not JSON");
    Deno.writeTextFileSync(box.path(`${folder}.env`), "IMP_TEST_PLANTED=1\n");
  }
  const env = { HOME: box.path("home"), XDG_CONFIG_HOME: box.path("home/.config") };
  assertEquals(await box.imp(["--version"], { env }), plain);

  const out = box.path("environment");
  assertEquals((await box.imp(["daemon", "-o", out, "--", "env"], { env })).code, 0);
  await eventually(() => Deno.readTextFileSync(out).includes("HOME="), "the daemon's environment");
  assertEquals(Deno.readTextFileSync(out).includes("IMP_TEST_PLANTED"), false);
});

e2e("the soft limit of open files stays as the caller set it", async (box) => {
  const limited = await box.sh(
    'ulimit -Sn 300; "$IMP" daemon -o "$PWD/limit" -- sh -c "ulimit -Sn; ulimit -Hn"',
  );
  assertEquals(limited.code, 0);
  const lines = () => Deno.readTextFileSync(box.path("limit")).split("\n");
  await eventually(() => lines().length > 2, "the daemon's limits");
  assertEquals(lines()[0], "300");
});

function files(box: Sandbox): string[] {
  return [...Deno.readDirSync(box.directory)].map(({ name }) => name).sort();
}

/** What grants rights through a file, its name in the message, and how a process shows that it has them. */
const LENDING: [words: string[], installed: string, shown: RegExp][] = [
  [["chmod", "4755"], "set-user-ID", /^Uid:\s+65534\s+0\s/m],
  [["chmod", "2755"], "set-group-ID", /^Gid:\s+65534\s+0\s/m],
  [["setcap", "cap_net_bind_service+ep"], "with file capabilities", /^CapEff:\s+0*400$/m],
];

for (const [words, installed, shown] of LENDING) {
  e2eAsRoot(`installed ${installed}, no command runs for a caller who has less`, async (box) => {
    Deno.chmodSync(box.directory, 0o755);
    await box.sh('cp "$IMP" imp; ln imp tini; cp "$(command -v cat)" probe');
    for (const file of ["imp", "probe"]) await box.run(["env", ...words, file]);
    const asNobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
    const { stdout } = await box.run([...asNobody, "./probe", "/proc/self/status"]);
    if (!shown.test(stdout)) box.skip("no file lends rights here");
    const lines = ["--version", "--help", "daemon -- true", "pool true", "run x.ts", "guard"];
    for (const line of lines) {
      const { code, stdout, stderr } = await box.run([...asNobody, "./imp", ...line.split(" ")]);
      assertEquals([code, stdout], [125, ""], line);
      assertMatch(stderr, new RegExp(`^imp: cannot run: imp is installed ${installed}`));
    }
    assertEquals((await box.run([...asNobody, "./tini", "--", "true"])).code, 125);
    // A caller that has the rights anyway is granted nothing.
    assertEquals((await box.run(["./imp", "--version"])).code, 0);
  });
}
