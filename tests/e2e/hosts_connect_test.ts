// Ways to hosts, and what blocks them. The sshd are real.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, endIfThere, impBinary, NEVER, wordsOf } from "./harness.ts";
import { pool, sharedDirectory, WEB1, WEB2, withHosts } from "./over_hosts.ts";
import type { TestHost } from "./sshd.ts";

const JOB = ["sh", "-c", "echo $1 on $(uname -n)", "sh", "{}", ":::", "a"];

withHosts(
  "jobs run on hosts, and on this machine",
  [WEB1, WEB2],
  async (box, hosts) => {
    const met = sharedDirectory(box, "met");
    // The first two wait for each other.
    const script = 'echo >"$2/$1"; until [ -e "$2/1" -a -e "$2/2" ]; do sleep 0.05; done; ' +
      "echo $3 $4 $PARALLEL_SSHLOGIN $PARALLEL_SSHHOST $(uname -n)";
    const words = [
      "sh",
      "-c",
      script,
      "sh",
      "{}",
      met,
      "{host}",
      "{sshlogin}",
      ":::",
      "1",
      "2",
      "3",
    ];
    const { code, stdout, stderr } = await pool(box, hosts, ["-S", "1/web1,1/web2", ...words]);
    assertEquals([code, stderr], [0, ""]);
    const lines = [...new Set(stdout.trim().split("\n"))].sort();
    assertEquals(lines, ["web1 web1 web1 web1 web1", "web2 web2 web2 web2 web2"]);
    const here = ["-S", ":", "sh", "-c", "echo $PARALLEL_SSHLOGIN {}", ":::", "1"];
    const local = await pool(box, hosts, here);
    assertEquals([local.code, local.stdout, local.stderr], [0, ": 1\n", ""]);
  },
);

const GREETINGS: readonly TestHost[] = [
  {
    ...{ name: "bash", shell: "/bin/bash", installed: true },
    prepare: "echo 'echo Welcome; echo >&2 to bash; printf %s unfinished' >$HOME_DIR/.bashrc",
  },
  {
    ...{ name: "fish", shell: "/usr/bin/fish", installed: true },
    prepare:
      "mkdir -p $HOME_DIR/.config/fish; echo 'echo Welcome' >$HOME_DIR/.config/fish/config.fish",
  },
  {
    ...{ name: "tcsh", shell: "/bin/tcsh", installed: true },
    prepare: "echo 'echo Welcome' >$HOME_DIR/.cshrc",
  },
  {
    ...{ name: "csh", shell: "/bin/bsd-csh", installed: true },
    prepare: "echo 'echo Welcome' >$HOME_DIR/.cshrc",
  },
  {
    ...{ name: "zsh", shell: "/usr/bin/zsh", installed: true },
    prepare: "echo 'echo Welcome' >$HOME_DIR/.zshenv",
  },
];

for (const host of GREETINGS) {
  withHosts(`a login shell that greets: ${host.name}`, [host], async (box, hosts) => {
    const words = ["-S", host.name, "printf", "<%s>", "{}", ":::", "it's !\"$HOME\\ \n*"];
    const { code, stdout, stderr } = await pool(box, hosts, words);
    assertEquals([code, stdout, stderr], [0, "<it's !\"$HOME\\ \n*>", ""]);
  }, [host.name === "csh" ? "bsd-csh" : host.name]);
}

const OTHER_IMP =
  "printf '#!/bin/sh\\necho imp 0.0.1\\n' >/usr/local/bin/imp; chmod 755 /usr/local/bin/imp";

// What the login leaves running holds the output of ssh.
const LEAVING = `${OTHER_IMP}; echo 'sleep ${NEVER} &' >$HOME_DIR/.bashrc`;

withHosts("a host without imp, or with another one, gets it once, whatever its login leaves", [
  { name: "web1", shell: "/bin/bash", prepare: LEAVING },
], async (box, hosts) => {
  const cache = `${hosts.host("web1").home}/.cache/imp`;
  for (let round = 0; round < 2; round++) {
    const { code, stdout, stderr } = await pool(box, hosts, ["-S", "web1", ...JOB]);
    assertEquals([code, stdout, stderr], [0, "a on web1\n", ""]);
  }
  const names = [...Deno.readDirSync(cache)].map(({ name }) => name);
  assertEquals(names.length, 1);
  assertMatch(names[0], /^imp-\d+\.\d+\.\d+-[0-9a-f]{16}$/);
  // It asked, it copied, it ran; and ran again.
  assertEquals(hosts.host("web1").log().match(/Accepted publickey/g)?.length, 4);
  for (const pid of hosts.remote()) if (wordsOf(pid)[1] === NEVER) endIfThere(pid);
});

e2e("--ssh that cannot be found", async (box) => {
  const { code, stderr } = await box.imp(["pool", "--ssh", "no-such-ssh", "-S", "web1", ...JOB]);
  assertEquals(code, 125);
  assertStringIncludes(stderr, "cannot use web1: cannot find no-such-ssh: ENOENT");
});

e2e("--imp-file names an executable of imp, for another machine", async (box) => {
  const run = (file: string) => box.imp(["pool", "--imp-file", file, "-S", "web1", ...JOB]);
  const machine = Deno.build.arch === "x86_64" ? "aarch64" : "x86_64";
  const other = await run(`${machine}=${impBinary()}`);
  assertEquals(other.code, 125);
  assertStringIncludes(
    other.stderr.replace(/\s+/g, " "),
    `it is for ${Deno.build.arch}, not for ${machine}`,
  );
  const none = await run("aarch64=/bin/sh");
  assertEquals(none.code, 125);
  assertStringIncludes(none.stderr, "cannot copy /bin/sh: not an executable of imp");
  assertEquals((await run("/bin/sh")).code, 2);
});

e2e("mistakes in -S and in hosts files are reported before anything runs", async (box) => {
  const wrong = await box.imp(["pool", "-S", "0/web1", ...JOB]);
  assertEquals(wrong.code, 2);
  assertStringIncludes(wrong.stderr, "'0/web1' is not a host: 0 is not a possible number of cores");
  Deno.writeTextFileSync(box.path("hosts"), "# ours\n:\n-x\n");
  const file = await box.imp(["pool", "--hosts", "hosts", ...JOB]);
  assertEquals([file.code, file.stdout], [125, ""]);
  assertStringIncludes(file.stderr, "cannot use hosts, line 3: '-x' is not a host");
  Deno.writeTextFileSync(box.path("hosts"), "# nobody\n");
  const empty = await box.imp(["pool", "--hosts", "hosts", ...JOB]);
  assertEquals(empty.code, 125);
  assertStringIncludes(empty.stderr, "cannot use hosts: no hosts in it");
  const twice = await box.imp(["pool", "--hosts", "-", "echo"], { stdin: "a\n" });
  assertEquals(twice.code, 2);
  assertStringIncludes(twice.stderr, "hosts and items cannot both be read from stdin");
  const stdin = await box.imp(["pool", "--hosts", "-", "echo", ":::", "a"], { stdin: ":\n" });
  assertEquals([stdin.code, stdin.stdout], [0, "a\n"]);
  const none = await box.imp(["pool", "--hosts", "nowhere", ...JOB]);
  assertEquals(none.code, 125);
  assertStringIncludes(none.stderr, "cannot open nowhere: ENOENT");
});

withHosts("hosts come and go with their file", [WEB1], async (box, hosts) => {
  const file = box.path("hosts");
  Deno.writeTextFileSync(file, ":\n");
  const script = 'uname -n >>seen; [ "$1" != 3 ] || echo web1 >"$2"; sleep 0.3';
  const args = ["--hosts", file, "-j1", "sh", "-c", script, "sh", "{}", file];
  const items = Array.from({ length: 12 }, (_, i) => String(i));
  const { code, stderr } = await pool(box, hosts, [...args, ":::", ...items]);
  assertEquals([code, stderr], [0, ""]);
  const here = Deno.readTextFileSync(box.path("seen")).trim().split("\n").length;
  assert(here >= 4 && here < 12, `${here} jobs ran here`);
  const there = `${hosts.host("web1").home}/seen`;
  assertEquals(Deno.readTextFileSync(there).trim().split("\n").length, 12 - here);
});
