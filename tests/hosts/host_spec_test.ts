import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/base/errors.ts";
import { chosenHosts, type HostSpec, parseHost, parseHosts } from "../../src/hosts/host_spec.ts";

function spec(text: string): HostSpec {
  const entry = parseHost(text);
  if (entry.kind !== "host") throw new Error(`${text}: ${entry.kind}`);
  return entry.spec;
}

const way = (text: string) => spec(text).way;

Deno.test("a host, a user's host, this machine", () => {
  const alone = { cores: undefined, groups: [] };
  assertEquals(spec("web1"), {
    ...{ name: "web1", host: "web1", ...alone },
    way: { kind: "ssh", words: [], destination: "web1" },
  });
  assertEquals(spec("eve@web1"), {
    ...{ name: "eve@web1", host: "web1", ...alone },
    way: { kind: "ssh", words: [], destination: "eve@web1" },
  });
  assertEquals(spec(":"), { name: ":", host: ":", ...alone, way: { kind: "local" } });
  assertEquals(spec("4/:"), { name: ":", host: ":", cores: 4, groups: [], way: { kind: "local" } });
});

Deno.test("cores and groups stand before a host", () => {
  assertEquals(spec("8/web1").cores, 8);
  assertEquals(spec("@a+b/web1").groups, ["a", "b"]);
  const { cores, groups, name } = spec("@a/8/web1");
  assertEquals({ cores, groups, name }, { cores: 8, groups: ["a"], name: "web1" });
  assertEquals(parseHost("@a"), { kind: "group", group: "a" });
});

Deno.test("another ssh stands before the host", () => {
  assertEquals(spec("2/ssh -p 22 eve@web1"), {
    ...{ name: "ssh -p 22 eve@web1", host: "web1", cores: 2, groups: [] },
    way: { kind: "ssh", words: ["ssh", "-p", "22"], destination: "eve@web1" },
  });
  assertEquals(way("//usr/local/bin/myssh -l eve web1"), {
    ...{ kind: "ssh", words: ["/usr/local/bin/myssh", "-l", "eve"], destination: "web1" },
  });
  assertEquals(way("/usr/local/bin/myssh web1"), {
    ...{ kind: "ssh", words: ["/usr/local/bin/myssh"], destination: "web1" },
  });
  assertEquals(spec("/web1").name, "web1");
  assertEquals(way("ssh -o 'ProxyCommand nc %h %p' web1"), {
    ...{ kind: "ssh", words: ["ssh", "-o", "ProxyCommand nc %h %p"], destination: "web1" },
  });
});

Deno.test("ports, also behind addresses of IPv6", () => {
  const port = (words: string) => ({ words: words === "" ? [] : ["ssh", "-p", words] });
  const cases: [string, string, string][] = [
    ["web1:2222", "2222", "web1"],
    ["eve@web1:2222", "2222", "eve@web1"],
    ["::1", "", "::1"],
    ["::1p2222", "2222", "::1"],
    ["eve@fe80::1%eth0#22", "22", "eve@fe80::1%eth0"],
    ["[::1]", "", "::1"],
    ["eve@[::1]:2222", "2222", "eve@::1"],
    ["::1.2222", "2222", "::1"],
    ["::ffff:192.0.2.1", "", "::ffff:192.0.2.1"],
    ["::ffff:192.0.2.1#22", "22", "::ffff:192.0.2.1"],
    ["web1#22", "22", "web1"],
    ["ssh://eve@web1:22", "22", "eve@web1"],
    ["ssh://web1/", "", "web1"],
    ["ssh://[::1]:22", "22", "::1"],
  ];
  for (const [text, number, destination] of cases) {
    assertEquals(way(text), { kind: "ssh", ...port(number), destination }, text);
  }
});

Deno.test("commas and line breaks separate hosts; a comma can be quoted", () => {
  const names = (text: string) =>
    parseHosts(text).map((entry) => entry.kind === "host" ? entry.spec.name : entry.kind);
  assertEquals(names("a, 2/b,\n:,"), ["a", "b", ":"]);
  assertEquals(names("ssh -o A=b\\,c web1,x"), ["ssh -o A=b,c web1", "x"]);
  assertEquals(names("ssh -o A=b,,c web1"), ["ssh -o A=b,c web1"]);
  assertEquals(names("..,-"), ["file", "file"]);
});

Deno.test("anything but a host is refused with the reason", () => {
  const says: [string, string][] = [
    ["0/web1", "'0/web1' is not a host: 0 is not a possible number of cores"],
    ["-oProxyCommand=x", "'-oProxyCommand=x' is not a host: its name begins with '-'"],
    ["eve@-x", "'eve@-x' is not a host: its name begins with '-'"],
    ["eve@", "'eve@' is not a host: no host"],
    ["@/web1", "'@/web1' is not a host: a group without a name"],
    ["@a+b", "'@a+b' is not a host: groups, and no host"],
    ["4/", "'4/' is not a host: no host"],
    ["1.5/:", "'1.5/:' is not a host: 1.5 is not a whole number of cores"],
    ["-2/:", "'-2/:' is not a host: -2 is not a whole number of cores"],
    ["50%/web1", "'50%/web1' is not a host: 50% is not a whole number of cores"],
    ["1/2/web1", `'1/2/web1' is not a host: its name contains "/"`],
    ["2//:", `'2//:' is not a host: its name contains "/"`],
    ["ssh://web1/home", `'ssh://web1/home' is not a host: its name contains "/"`],
    ["[::1", `'[::1' is not a host: its name contains "["`],
    ["web1:ssh", "'web1:ssh' is not a host: 'ssh' is not a port"],
    ["web1:", "'web1:' is not a host: '' is not a port"],
    ["web1:65536", "'web1:65536' is not a host: '65536' is not a port"],
    ["[::1]:0", "'[::1]:0' is not a host: '0' is not a port"],
    ["web1;id", `'web1;id' is not a host: its name contains ";"`],
    ["eve:secret@web1", "a password in 'eve:...@web1'"],
    ["eve:secret@web1:22", "a password in 'eve:...@web1:22'"],
    ["ssh $(id) web1", `in "ssh $(id) web1" a shell would interpret '$', but no shell runs it`],
  ];
  for (const [text, message] of says) {
    assertThrows(() => parseHost(text), UsageError, message);
  }
  for (const text of ["", ",", " ,\n"]) {
    assertThrows(() => parseHosts(text), UsageError, "is not a host: it is empty");
  }
});

Deno.test("a host counts once; groups choose", () => {
  const chosen = (text: string) =>
    chosenHosts(parseHosts(text)).map(({ name, cores }) => cores ? `${cores}/${name}` : name);
  assertEquals(chosen("a,b,2/a,a"), ["2/a", "b"]);
  assertEquals(chosen("@x/a,b,@x+y/c,@y"), ["c"]);
  assertEquals(chosen("@x/a,b,@x,@b"), ["a", "b"]);
  assertEquals(chosen("@x/a,@y"), []);
});
