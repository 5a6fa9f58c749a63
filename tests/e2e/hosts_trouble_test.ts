// Hosts that cannot be used: one sentence says why, and others do their jobs.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Sandbox } from "./harness.ts";
import { editFile, pool, WEB1, withHosts } from "./over_hosts.ts";
import type { TestHost, TestHosts } from "./sshd.ts";

const JOB = ["echo", ":::", "a"];

interface Trouble {
  readonly title: string;
  readonly host?: Partial<TestHost>;
  /** Spoils the client's side. */
  readonly spoil?: (box: Sandbox, hosts: TestHosts) => void | Promise<void>;
  readonly says: RegExp;
}

const TROUBLES: readonly Trouble[] = [
  {
    title: "nobody knows the host",
    spoil: (_, { config }) => editFile(config, /HostName .*/, "HostName imp-test.invalid"),
    says: /the name does not resolve \(ssh: Could not resolve hostname imp-test\.invalid/,
  },
  {
    title: "the connection is refused",
    spoil: (_, { config }) => editFile(config, /Port .*/, "Port 1"),
    says: /connection refused \(ssh: connect to host 127\.0\.0\.1 port 1: Connection refused/,
  },
  {
    title: "its host key is unknown",
    spoil: (box) => Deno.writeTextFileSync(box.path("known_hosts"), ""),
    says: /its host key is unknown \(Host key verification failed\.\)/,
  },
  {
    title: "its key has changed",
    spoil: (box) => {
      const other = Deno.readTextFileSync(box.path("id.pub"));
      Deno.writeTextFileSync(box.path("known_hosts"), `web1 ${other}`);
    },
    says: /its host key has changed \(Host key for web1 has changed/,
  },
  {
    title: "it asks for a password",
    host: { config: ["PasswordAuthentication yes"] },
    spoil: (_, { config }) => editFile(config, /IdentityFile .*/, "IdentityFile none"),
    says: /it asks for a password, and imp cannot give one \(web1@127\.0\.0\.1: Permission denied/,
  },
  {
    title: "it accepts none of your keys",
    host: { config: ["KbdInteractiveAuthentication no"] },
    spoil: (_, { config }) => editFile(config, /IdentityFile .*/, "IdentityFile none"),
    says: /it accepts none of your keys \(web1@127\.0\.0\.1: Permission denied \(publickey/,
  },
  {
    title: "nobody may log in there",
    host: { shell: "/usr/sbin/nologin" },
    says: /This account is currently not available\. \(exit status 1\)/,
  },
  {
    title: "its imp is another",
    host: {
      config: [
        `ForceCommand echo 'imp-worker 1 {"version":"0.0.1","pid":1,"host":"x","cores":1}'; cat`,
      ],
    },
    says: /its imp is 0\.0\.1, and this one \d/,
  },
  {
    title: "another kind of machine",
    host: { installed: false, prepare: fakeUname("-m", "riscv64") },
    says: /is not installed there, and its architecture is different \(riscv64\)/,
  },
  {
    title: "another system",
    host: { installed: false, prepare: fakeUname("-s", "FreeBSD") },
    says: /imp runs on Linux, and this is FreeBSD/,
  },
  {
    title: "no room, and no place from which programs may be executed",
    host: {
      installed: false,
      prepare: `
        mkdir -p $HOME_DIR/.cache; mount -t tmpfs -o noexec,mode=777 t $HOME_DIR/.cache
        mkdir /run/place; mount --rbind "$PLACE" /run/place; mount -t tmpfs -o size=8M,mode=1777 t /var/tmp
        mount -t tmpfs -o noexec,mode=1777 t /tmp; mkdir -p "$PLACE"; mount --rbind /run/place "$PLACE"`,
    },
    says:
      /found no place to copy imp to: \S+\/imp is mounted noexec, \/var\/tmp\/imp-\d+ has 8 MB left, \/tmp\/imp-\d+ is mounted noexec/,
  },
];

for (const { title, host, spoil, says } of TROUBLES) {
  withHosts(`a host that cannot be used: ${title}`, [{ ...WEB1, ...host }], async (box, hosts) => {
    await spoil?.(box, hosts);
    const joblog = box.path("log");
    const { code, stdout, stderr } = await pool(box, hosts, [
      "-S",
      "web1",
      "--joblog",
      joblog,
      ...JOB,
    ]);
    const whole = stderr.replace(/\s+/g, " ");
    assertMatch(whole, says);
    assertStringIncludes(whole, "cannot use web1: ");
    assertEquals([code, stdout], [125, ""]);
    assertEquals(Deno.readTextFileSync(joblog).trim().split("\n").length, 1, "no job was done");
    // Other hosts run its jobs.
    const waiting = "until grep -q 'cannot use web1' said; do sleep 0.05; done; echo {}";
    const script = `"$IMP" pool "$@" 2>said`;
    const words = ["pool", "--ssh", hosts.ssh, "-S", "web1,:", "-j1", "-k", "sh", "-c", waiting];
    const both = await box.run(["sh", "-c", script, "sh", ...words.slice(1), ":::", "a", "b", "c"]);
    const said = Deno.readTextFileSync(box.path("said"));
    assertEquals([both.code, both.stdout], [0, "a\nb\nc\n"]);
    assertEquals(said.match(/cannot use web1: /g)?.length, 1, said);
    assertMatch(said.replace(/\s+/g, " "), /; going on without it/);
    const filtered = await pool(box, hosts, ["--filter-hosts", "-S", "web1,:", "echo", ":::", "a"]);
    assertEquals([filtered.code, filtered.stdout, filtered.stderr], [0, "a\n", ""]);
  });
}

function fakeUname(option: string, answer: string): string {
  return `cp /usr/bin/uname /run/uname
    printf '#!/bin/sh\\n[ "$1" != ${option} ] || exec echo ${answer}\\nexec /run/uname "$@"\\n' >/run/fake
    chmod 755 /run/fake; mount --bind /run/fake /usr/bin/uname`;
}
