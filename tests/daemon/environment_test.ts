import { assertEquals } from "@std/assert";
import { daemonEnvironment } from "../../src/daemon/environment.ts";

const user = { name: "redis", uid: 101, gid: 102, home: "/var/lib/redis", shell: "/bin/false" };
const inherited = [
  "PATH=/bin",
  "HOME=/root",
  "USER=root",
  "LOGNAME=root",
  "SHELL=/bin/bash",
  "A=1",
];
const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("environment: without a user it is the caller's, byte for byte", () => {
  assertEquals(daemonEnvironment({ inherited, given: [] }), inherited);
  const words = [bytes("HOME=/\xff"), "no assignment", "A=1", "A=2"];
  assertEquals(daemonEnvironment({ inherited: words, given: [] }), words);
});

Deno.test("environment: a user has a home, a name and a shell of its own", () => {
  const expected = [
    "PATH=/bin",
    "A=1",
    "HOME=/var/lib/redis",
    "USER=redis",
    "LOGNAME=redis",
    "SHELL=/bin/false",
  ];
  assertEquals(daemonEnvironment({ inherited, user, given: [] }), expected);
  const asBytes = inherited.map(bytes);
  assertEquals(
    daemonEnvironment({ inherited: asBytes, user, given: [] }).slice(2),
    expected.slice(2),
  );
});

Deno.test("environment: the command line wins", () => {
  assertEquals(daemonEnvironment({ inherited, user, given: ["HOME=/srv", bytes("A=2"), "B=3"] }), [
    "PATH=/bin",
    "USER=redis",
    "LOGNAME=redis",
    "SHELL=/bin/false",
    "HOME=/srv",
    bytes("A=2"),
    "B=3",
  ]);
});

Deno.test("environment: of a user that nothing is known of, none is better than the caller's", () => {
  assertEquals(daemonEnvironment({ inherited, user: "unknown", given: [] }), ["PATH=/bin", "A=1"]);
});

Deno.test("environment: empty fields of the database mean what passwd(5) says", () => {
  const bare = { ...user, home: "", shell: "" };
  assertEquals(daemonEnvironment({ inherited: [], user: bare, given: [] }), [
    "HOME=/",
    "USER=redis",
    "LOGNAME=redis",
    "SHELL=/bin/sh",
  ]);
});

Deno.test("environment: a clear one stays clear", () => {
  assertEquals(daemonEnvironment({ user, given: ["B=3"] }), ["B=3"]);
  assertEquals(daemonEnvironment({ given: [] }), []);
});
