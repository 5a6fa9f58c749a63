import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  type ApproachSettings,
  type ApproachStep,
  HostApproach,
  type HostLaunch,
} from "../../src/hosts/host_approach.ts";
import { parseHost } from "../../src/hosts/host_spec.ts";
import { startingCommand } from "../../src/hosts/remote_script.ts";
import type { WorkerImage } from "../../src/hosts/worker_image.ts";

const IMAGE: WorkerImage = {
  path: "/imp",
  arch: "x86_64",
  size: 1 << 20,
  digest: "0123456789abcdef".repeat(4),
};
const SETTINGS: ApproachSettings = {
  ...{ ssh: ["ssh"], timeout: 30_000, version: "1.2.3", images: [IMAGE] },
  ...{ own: () => ["/proc/7/exe"], packers: ["gzip", "zstd"] },
};
const NEEDS = "Hello!\nimp-host needs x86_64 Linux gzip sha256sum\n";

function approach(text: string, settings: Partial<ApproachSettings> = {}): HostApproach {
  const entry = parseHost(text);
  if (entry.kind !== "host") throw new Error(text);
  return new HostApproach(entry.spec, { ...SETTINGS, ...settings });
}

const end = (stdout: string, status = 0, stderr = "") => ({ stdout, stderr, status });

function launched(step: ApproachStep): HostLaunch {
  if (!("launch" in step)) throw step.failed;
  return step.launch;
}

function why(step: ApproachStep): string {
  if (!("failed" in step)) throw new Error(step.launch.kind);
  assertEquals(step.failed.exit, 125);
  return step.failed.message;
}

Deno.test("this machine needs no ssh", () => {
  assertEquals(approach(":").first().words, ["/proc/7/exe", "worker", "--stdio"]);
});

Deno.test("ssh gets options; the user's own words stand before them", () => {
  const { words } = approach("ssh -p 22 -oConnectTimeout=3 eve@web1").first();
  assertEquals(words.slice(0, 4), ["ssh", "-p", "22", "-oConnectTimeout=3"]);
  assert(words.includes("-oBatchMode=yes"));
  assertEquals(words.slice(-2), ["eve@web1", startingCommand("1.2.3", [IMAGE])]);
});

Deno.test("another program gets no options", () => {
  const { words } = approach("/opt/jump -q web1").first();
  assertEquals(words.slice(0, -1), ["/opt/jump", "-q", "web1"]);
});

Deno.test("what login shells read has nothing that any of them acts upon", () => {
  const command = startingCommand("1.2.3", [IMAGE, { ...IMAGE, arch: "aarch64" }]);
  const [, inner] = /^exec \/bin\/sh -c '([^']*)'$/.exec(command)!;
  assertEquals(/[!\\\n]/.test(inner), false);
  assert(command.length < 1000, "csh takes no long words");
});

Deno.test("a host without imp gets it, once", () => {
  const way = approach("web1");
  way.first();
  const copy = launched(way.ended(end(NEEDS)));
  if (copy.kind !== "copy") throw new Error(copy.kind);
  assertEquals(copy.packer[0], "gzip");
  assertStringIncludes(copy.line, IMAGE.digest);
  assertEquals(copy.line.includes("\n"), false);
  const again = launched(way.ended(end("imp-host done /home/eve/.cache/imp\n")));
  assertEquals(again.kind, "worker");
  assertEquals(
    why(way.ended(end(NEEDS))),
    "cannot use web1: imp 1.2.3 is not installed there, and the copy that imp put there cannot be found",
  );
});

Deno.test("a whole answer counts, however ssh has ended", () => {
  const kinds = ["\n", ""].map((newline) => {
    const way = approach("web1");
    way.first();
    const step = way.ended({ stdout: NEEDS.trimEnd() + newline, stderr: "" });
    return "launch" in step ? step.launch.kind : "failed";
  });
  assertEquals(kinds, ["copy", "failed"]);
});

Deno.test("why a host cannot have imp", () => {
  const says = (needs: string, settings?: Partial<ApproachSettings>) => {
    const way = approach("web1", settings);
    way.first();
    return why(way.ended(end(`imp-host needs ${needs}\n`)));
  };
  const here = "cannot use web1: imp 1.2.3 is not installed there, and ";
  assertEquals(says("arm64 Linux sha256sum"), `${here}its architecture is different (aarch64)`);
  assertEquals(
    says("x86_64 Linux sha256sum", { images: [] }),
    `${here}this imp runs from source: there is no executable to copy`,
  );
  assertEquals(says("x86_64 Linux gzip"), `${here}there is no program that computes SHA-256`);
  assertEquals(
    says("x86_64 FreeBSD sha256sum"),
    "cannot use web1: imp runs on Linux, and this is FreeBSD",
  );
  // Without a PATH.
  assertEquals(says(" "), "cannot use web1: its shell does not find uname and id");
});

Deno.test("what may go wrong while it is copied", () => {
  const says = (said: string, status = 1, stderr = "") => {
    const way = approach("web1");
    way.first();
    way.ended(end(NEEDS));
    return why(way.ended(end(said, status, stderr)));
  };
  assertEquals(
    says("imp-host room /home/eve/.cache/imp has 3 MB left, /tmp/imp-7 is mounted noexec\n"),
    "cannot use web1: found no place to copy imp to: /home/eve/.cache/imp has 3 MB left, " +
      "/tmp/imp-7 is mounted noexec",
  );
  assertEquals(
    says("imp-host foreign 126 sh: 1: imp: not found\n"),
    "cannot use web1: imp does not run there (sh: 1: imp: not found; exit status 126)",
  );
  assertEquals(
    says("imp-host foreign 132\n"),
    "cannot use web1: imp does not run there (exit status 132)",
  );
  assertEquals(
    says("imp-host foreign 0 imp 1.2.2\n"),
    "cannot use web1: its executable is imp 1.2.2, and this imp is 1.2.3",
  );
  assertEquals(
    says("", 255, "Connection to web1 closed by remote host.\r\n"),
    "cannot use web1: its connection broke (Connection to web1 closed by remote host.)",
  );
});

Deno.test("what ssh says becomes one sentence", () => {
  const cases: [said: string, sentence: string][] = [
    [
      "ssh: Could not resolve hostname web1: Name or service not known\r\n",
      "the name does not resolve (ssh: Could not resolve hostname web1: Name or service not known)",
    ],
    [
      "ssh: connect to host web1 port 22: Connection refused\r\n",
      "connection refused (ssh: connect to host web1 port 22: Connection refused)",
    ],
    [
      "@@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@@\n" +
      "Host key for web1 has changed and you have requested strict checking.\nHost key verification failed.\n",
      "its host key has changed (Host key for web1 has changed and you have requested strict checking.)",
    ],
    [
      "No ED25519 host key is known for web1 and you have requested strict checking.\n" +
      "Host key verification failed.\n",
      "its host key is unknown (Host key verification failed.)",
    ],
    [
      "eve@web1: Permission denied (publickey,password).\n",
      "it asks for a password, and imp cannot give one (eve@web1: Permission denied (publickey,password).)",
    ],
    [
      "eve@web1: Permission denied (publickey).\n",
      "it accepts none of your keys (eve@web1: Permission denied (publickey).)",
    ],
    [
      "channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed\n" +
      "kex_exchange_identification: Connection closed by remote host\n" +
      "Connection closed by UNKNOWN port 65535\n",
      "connection refused (channel 0: open failed: connect failed: Connection refused)",
    ],
    [
      "Connection timed out during banner exchange\n",
      "it does not answer (Connection timed out during banner exchange)",
    ],
  ];
  for (const [said, sentence] of cases) {
    const way = approach("web1");
    way.first();
    assertEquals(why(way.ended(end("", 255, said))), `cannot use web1: ${sentence}`);
  }
});

Deno.test("what a login shell says instead of a worker is shown", () => {
  const way = approach("web1");
  way.first();
  assertEquals(
    why(way.ended(end("This account is currently not available.\n", 1))),
    "cannot use web1: This account is currently not available. (exit status 1)",
  );
});

Deno.test("where nobody says anything, a hint tells where to look", () => {
  const hint = (status: number) => {
    const way = approach("web1");
    way.first();
    const step = way.ended(end("", status));
    return "failed" in step ? step.failed.hint : undefined;
  };
  assertStringIncludes(hint(0)!, "nothing was run: look at the login shell");
  assertStringIncludes(hint(255)!, "ssh -v");
});

Deno.test("a host that takes no more at a time is asked again, a few times", () => {
  const way = approach("web1");
  way.first();
  const busy = end("", 255, "kex_exchange_identification: Connection closed by remote host\n");
  const pauses = [1, 2, 3].map(() => {
    const step = way.ended(busy);
    return "launch" in step ? step.after : undefined;
  });
  assertEquals(pauses, [1000, 2000, 3000]);
  assertStringIncludes(why(way.ended(busy)), "it closed the connection at once");
});

Deno.test("a worker of another version is of no use", () => {
  const greeting = {
    protocol: 1,
    version: "1.2.2",
    pid: 1,
    host: "web1",
    cores: 1,
    memory: 1,
    time: 1,
  };
  assertEquals(
    approach("web1").refused(greeting)?.message,
    "cannot use web1: its imp is 1.2.2, and this one 1.2.3",
  );
  assertEquals(approach("web1").refused({ ...greeting, version: "1.2.3" }), undefined);
});
