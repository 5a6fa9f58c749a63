// Hosts: moments and inputs that are rare.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { eventually, exists, impBinary, sideBySide, SOON_MS, wordsOf } from "./harness.ts";
import { standInHosts } from "./stand_in_hosts.ts";

const e2e = sideBySide();
const isWorker = (pid: number) => wordsOf(pid)[0] === "imp" && wordsOf(pid).includes("--stdio");

e2e("hosts: one that is gone from the file before it was ready is not lost", async (box) => {
  const { env, ssh } = standInHosts(box);
  // After its greeting it is silent until `go` exists.
  const slow = box.script(
    "slow-ssh",
    '#!/bin/sh\nfor last; do :; done\necho >>asked\n(eval "$last") |\n' +
      '{ IFS= read -r l; echo "$l"; while [ ! -e go ]; do sleep 0.02; done; cat; }\n',
  );
  const both = `1/${ssh} web1\n1/${slow} web2\n`;
  Deno.writeTextFileSync(box.path("machines"), both);
  const until = 'until [ -e "$1" ]; do sleep 0.02; done';
  const child = box.start(
    ["pool", "--hosts", "machines", "--shell", until, ":::", "stop", "stop"],
    { env, stderr: "piped" },
  );
  const workers = () => box.processes().filter((pid) => isWorker(pid)).length;
  await eventually(() => workers() === 2, "two hosts are not there");
  Deno.writeTextFileSync(box.path("machines"), `1/${ssh} web1\n`);
  await eventually(() => workers() === 1, "it is not sent home");
  Deno.writeTextFileSync(box.path("go"), "");
  Deno.writeTextFileSync(box.path("stop"), "");
  const { code, stderr } = await child.output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  assertEquals(Deno.readTextFileSync(box.path("asked")), "\n");
});

e2e("hosts: more than the soft limit of open files allows", async (box) => {
  const { env, ssh } = standInHosts(box);
  const hosts = [":", ...Array.from({ length: 8 }, (_, i) => `${ssh} host${i}`)].join("\n");
  Deno.writeTextFileSync(box.path("machines"), hosts);
  const run = (limits: string, words: string) =>
    box.run(["sh", "-c", `${limits}; exec "$IMP" pool --hosts machines ${words}`], { env });
  const some = await run("ulimit -Sn 32", "--nonall --shell 'ulimit -n'");
  assertEquals([some.code, some.stdout, some.stderr], [0, "32\n".repeat(9), ""]);
  const few = await run("ulimit -n 48", "--nonall true");
  assertEquals([few.code, few.stdout], [125, ""]);
  assertStringIncludes(
    few.stderr.replace(/\s+/g, " "),
    "cannot connect to 9 hosts at once: imp may have 48 files open, enough for 4 allow 68 with ulimit -n",
  );
});

e2e("hosts: imp is removed while it runs, and its worker is started again", async (box) => {
  const copy = box.path("imp");
  Deno.copyFileSync(impBinary(), copy);
  // The first worker is killed by its job, when the file has gone.
  const script = 'rm imp 2>/dev/null && kill -9 $PPID; echo "$1"';
  const words = ["pool", "-S", "1/:", "--retries", "2", "--shell", script, ":::", "a"];
  const { code, stdout, stderr } = await box.run([copy, ...words]);
  assertEquals([code, stdout], [0, "a\n"], stderr);
});

e2e("hosts: the file gives a host more cores, and then has one that cannot be had", async (box) => {
  const machines = (text: string) => Deno.writeTextFileSync(box.path("machines"), text);
  const none = box.script("no-ssh", "#!/bin/sh\n>asked; echo >&2 nobody there; exit 255\n");
  machines("1/:\n");
  const script = ">up.$1; until [ -e go.$1 ]; do sleep 0.02; done; echo $1";
  const words = ["-k", "--shell", script, ":::", "1", "2", "3", "4"];
  const child = box.start(["pool", "--hosts", "machines", ...words], {
    ...{ stdout: "piped", stderr: "piped" },
  });
  const up = (...jobs: string[]) => jobs.every((job) => exists(box.path(`up.${job}`)));
  await eventually(() => up("1"), "nothing has begun");
  machines("3/:\n");
  await eventually(() => up("1", "2", "3"), "it has no more slots");
  machines(`${none} x\n`);
  await eventually(() => exists(box.path("asked")), "nobody was asked");
  for (const job of ["1", "2", "3", "4"]) Deno.writeTextFileSync(box.path(`go.${job}`), "");
  const { code, stdout, stderr } = await child.output();
  // What runs on a host that was removed from the file ends normally.
  assertEquals([code, new TextDecoder().decode(stdout)], [125, "1\n2\n3\n"]);
  assertStringIncludes(new TextDecoder().decode(stderr), "nobody there (exit status 255)");
  assertEquals(up("4"), false);
});

// It precedes whatever the host is asked to do.
const LOGINS: readonly [what: string, before: string][] = [
  ["prints bytes that are no text", "printf '\\377\\0imp-worker 1 {}\\n\\0'"],
  ["takes rights from the owner of new files", "umask 0777"],
  ["leaves something behind that holds its output", "sleep 900 &"],
];

for (const [what, before] of LOGINS) {
  e2e(`hosts: a login that ${what}`, async (box) => {
    const { imp, list } = standInHosts(box, before);
    Deno.writeTextFileSync(box.path("in"), "x\n");
    const began = performance.now();
    const { code, stdout, stderr } = await imp([
      ...["pool", "-S", list(1, 1), "--wd", "...", "--trc", "{}.out", "--shell"],
      ...['tr x y <"$1" >"$1.out" && echo done', ":::", "in"],
    ], { env: { HOME: box.directory } });
    const ms = performance.now() - began;
    assertEquals([code, stdout, stderr], [0, "done\n", ""]);
    assertEquals(Deno.readTextFileSync(box.path("in.out")), "y\n");
    assertEquals(exists(box.path(".imp")), false, "its directory is left");
    assert(ms < SOON_MS, `${ms} ms: it waits for whoever holds the output`);
    await box.endAll();
  });
}
