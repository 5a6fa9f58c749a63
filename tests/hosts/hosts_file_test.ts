import { assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../src/base/errors.ts";
import { parseHosts } from "../../src/hosts/host_spec.ts";
import { HostRoster, rosterChange } from "../../src/hosts/host_roster.ts";
import { parseHostsFile } from "../../src/hosts/hosts_file.ts";

const names = (hosts: readonly { name: string }[]) => hosts.map(({ name }) => name);

Deno.test("a hosts file has hosts on lines; comments and empty lines say nothing", () => {
  const text = "# ours\n\n  2/web1 \r\nweb2,web3\n@x/ssh -p 22 web4\n";
  const entries = parseHostsFile(text, "hosts");
  const specs = entries.flatMap((entry) => entry.kind === "host" ? [entry.spec] : []);
  assertEquals(names(specs), ["web1", "web2", "web3", "ssh -p 22 web4"]);
  assertEquals(specs[0].cores, 2);
});

Deno.test("a mistake is said with its line", () => {
  const error = assertThrows(() => parseHostsFile("web1\n#\n0/web2\n", "my.hosts"), ImpError);
  assertEquals(
    error.message,
    "cannot use my.hosts, line 3: '0/web2' is not a host: 0 cores",
  );
  assertEquals(error.exit, 125);
  assertThrows(() => parseHostsFile("..", "my.hosts"), ImpError, "names a file");
});

Deno.test("a roster follows its files; a mistake changes nothing", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "a\n2/b\n");
    const warnings: string[] = [];
    const entries = parseHosts(":");
    const roster = new HostRoster({ entries, files: [file] }, (text) => warnings.push(text));
    assertEquals(names(roster.hosts), [":", "a", "b"]);
    const later = roster.due;
    assertEquals(roster.look(later - 1), undefined);
    await Deno.writeTextFile(file, "3/b\nc\n");
    assertEquals(roster.look(later - 1), undefined, "once a second");
    const change = roster.look(later)!;
    assertEquals(names(change.come), ["b", "c"]);
    assertEquals(names(change.gone), ["a", "b"]);
    await Deno.writeTextFile(file, "c\n-x\n");
    assertEquals(roster.look(later + 2000), undefined);
    assertEquals(warnings.length, 1);
    await Deno.writeTextFile(file, "");
    assertEquals(roster.look(later + 4000), undefined);
    assertEquals(names(roster.hosts), [":", "b", "c"]);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a list without hosts is an error", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "# nobody\n");
  assertThrows(
    () => new HostRoster({ entries: [], files: [file] }, () => {}),
    ImpError,
    "no hosts",
  );
  await Deno.remove(file);
  const { come, gone } = rosterChange([], []);
  assertEquals([come, gone], [[], []]);
});
