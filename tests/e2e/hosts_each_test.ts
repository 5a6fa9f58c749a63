// --onall and --nonall: each job on every host.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e } from "./harness.ts";
import { standInHosts } from "./stand_in_hosts.ts";

e2e(
  "--onall: each item's job runs on every host, in the order of the hosts, one at a time there",
  async (box) => {
    const { imp, list, ssh } = standInHosts(box);
    const script = 'echo "$1 {#} $PARALLEL_SEQ {host}"; mkdir {host} && sleep 0.05 && rmdir {host}';
    const words = ["pool", "-k", "--onall", "--joblog", "log", "-S", `${list(2, 4)},:`];
    const run = await imp([...words, "--", "sh", "-c", script, "sh", "{}", ":::", "a", "b"]);
    assertEquals([run.code, run.stderr], [0, ""]);
    const names = ["host1", "host2", ":"];
    const expected = ["a 1 1", "b 2 2"].flatMap((item) => names.map((name) => `${item} ${name}\n`));
    assertEquals(run.stdout, expected.join(""));
    const rows = Deno.readTextFileSync(box.path("log")).trimEnd().split("\n").slice(1)
      .map((row) => row.split("\t").slice(0, 2).join(" ")).sort();
    const logins = [`${ssh} host1`, `${ssh} host2`, ":"];
    assertEquals(
      rows,
      ["1", "2"].flatMap((seq) => logins.map((login) => `${seq} ${login}`)).sort(),
    );
  },
);

e2e(
  "--nonall: one command on every host; --tag names the host; failures are counted",
  async (box) => {
    const { imp, list, ssh } = standInHosts(box);
    const words = ["pool", "-k", "--nonall", "--tag", "-S", list(2, 1), "--shell"];
    const run = await imp([...words, 'echo "$#$PARALLEL_SEQ"; test $PARALLEL_SSHHOST = host1']);
    assertEquals([run.code, run.stdout], [1, `${ssh} host1\t01\n${ssh} host2\t01\n`]);
    assertStringIncludes(run.stderr, `job 1 failed on ${ssh} host2 (exit 1): `);
    assertStringIncludes(run.stderr, "2 jobs: 1 succeeded, 1 failed");
  },
);

e2e("--onall -j1: one host at a time; --retries tries again on the same host", async (box) => {
  const { imp, list } = standInHosts(box);
  const script =
    "h=$PARALLEL_SSHHOST; mkdir one || exit 9; echo $h >> ran; sleep 0.05; rmdir one; test $h = host1";
  const words = ["pool", "-j1", "--onall", "--retries", "2", "-S", list(2, 1), "--shell", script];
  const run = await imp([...words, ":::", "a"]);
  assertEquals(run.code, 1);
  const ran = Deno.readTextFileSync(box.path("ran")).trimEnd().split("\n").sort();
  assertEquals(ran, ["host1", "host2", "host2"]);
});

e2e(
  "--onall: the jobs of a host that cannot be reached have failed, the others run",
  async (box) => {
    const { imp, list } = standInHosts(box);
    const bad = box.script(
      "no-ssh",
      "#!/bin/sh\necho 'ssh: connect to host x: Connection refused' >&2\nexit 255\n",
    );
    const words = ["pool", "-k", "--onall", "--joblog", "log", "-S", `${bad} far,${list(1, 1)}`];
    const run = await imp([...words, "--", "echo", ":::", "a", "b"]);
    assertEquals([run.code, run.stdout], [2, "a\nb\n"]);
    assertStringIncludes(run.stderr, "connection refused");
    assertMatch(
      run.stderr,
      /job 1 failed on .* far \(not started\): cannot use .* far: connection refused/,
    );
    const rows = Deno.readTextFileSync(box.path("log")).trimEnd().split("\n").slice(1);
    assertEquals(rows.map((row) => row.split("\t")[6]).sort(), ["0", "0", "126", "126"]);
  },
);

e2e("--onall: many items, a slow host and a fast one", async (box) => {
  const { imp, list } = standInHosts(box);
  const words = ["pool", "--onall", "-S", list(2, 1), "--", "echo", "{host}", "{}"];
  const stdin = Array.from({ length: 300 }, (_, i) => `${i}\n`).join("");
  const { code, stdout } = await imp(words, { stdin });
  const of = (host: string) =>
    stdout.split("\n").filter((line) => line.startsWith(`${host} `)).map((line) =>
      line.split(" ")[1]
    );
  const all = Array.from({ length: 300 }, (_, i) => `${i}`);
  assertEquals([code, of("host1"), of("host2")], [0, all, all]);
});

e2e("--retries: a job that one host cannot start is tried on another", async (box) => {
  const { imp, ssh } = standInHosts(box);
  const poor = box.script("poor-ssh", `#!/bin/sh\nPOOR=1 exec ${ssh} "$@"\n`);
  Deno.writeTextFileSync(box.path("x"), "x");
  // There nothing can be made.
  const wd = "{host}/w";
  Deno.mkdirSync(box.path("host2"));
  Deno.writeTextFileSync(box.path("host1"), "");
  const words = ["pool", "-S", `1/${poor} host1,1/${ssh} host2`, "--wd", wd, "--transfer"];
  const run = await imp([...words, "--retries", "2", "--", "cat", "{}", ":::", "x", "x", "x"]);
  assertEquals([run.code, run.stdout], [0, "xxx"], run.stderr);
});

e2e("--onall and --nonall: wrong words", async (box) => {
  const table: [words: string[], says: string][] = [
    [["--nonall", "true", ":::", "a"], "--nonall takes no items"],
    [["--nonall", "-a", "f", "true"], "--nonall takes no items"],
    [["--nonall"], "no program given"],
    [["--onall", "--nonall", "true"], "--onall and --nonall cannot be used together"],
    [["--onall", "--pipe", "cat"], "--onall and --pipe cannot be used together"],
    [["--onall", "--results", "r", "true"], "--onall and --results cannot be used together"],
    [["--nonall", "--resume", "--joblog", "l", "true"], "--nonall and --resume cannot be used"],
    [["--nonall", "--transfer", "true"], "--nonall and --transfer cannot be used together"],
    [["--onall", "--workers", "cat"], "--onall cannot be used with workers"],
  ];
  for (const [words, says] of table) {
    const { code, stdout, stderr } = await box.imp(["pool", "-S", ":", ...words]);
    assertEquals([code, stdout], [2, ""], words.join(" "));
    assertStringIncludes(stderr, says);
  }
  const { code, stderr } = await box.imp(["pool", "--onall", "true", ":::", "a"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "--onall needs hosts");
});
