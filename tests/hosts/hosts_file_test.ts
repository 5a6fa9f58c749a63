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
    "cannot use my.hosts, line 3: '0/web2' is not a host: 0 is not a possible number of cores",
  );
  assertEquals(error.exit, 125);
  assertThrows(() => parseHostsFile("..", "my.hosts"), ImpError, "is the name of a file");
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
    assertEquals([names(change.come), names(change.gone)], [["c"], ["a"]]);
    assertEquals(change.changed.map(({ name, cores }) => [name, cores]), [["b", 3]]);
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
  assertEquals(rosterChange([], []), { come: [], gone: [], changed: [] });
});

Deno.test("groups that choose nothing are named", () => {
  const warnings: string[] = [];
  const roster = (text: string) =>
    new HostRoster({ entries: parseHosts(text), files: [] }, (said) => warnings.push(said));
  assertThrows(() => roster("a,@x/b,@y"), ImpError, "cannot use @y: none of the hosts is in");
  assertThrows(() => roster("@y"), ImpError, "cannot use @y: a group chooses among hosts");
  assertEquals(names(roster("a,@x/b,@y,@x").hosts), ["b"]);
  assertEquals(warnings, ["-S @y: no host is in that group"]);
});

Deno.test("a pipe is read once, under a plain name too", async () => {
  const directory = await Deno.makeTempDir();
  const before = Deno.cwd();
  try {
    Deno.chdir(directory);
    for (const name of ["./pipe", "pipe"]) {
      new Deno.Command("mkfifo", { args: [name] }).outputSync();
      // A second reader would find no writer.
      const writer = new Deno.Command("sh", { args: ["-c", `echo a >${name}; rm ${name}`] })
        .spawn();
      const roster = new HostRoster({ entries: [], files: [name] }, () => {});
      assertEquals([names(roster.hosts), roster.due], [["a"], Infinity]);
      await writer.status;
    }
  } finally {
    Deno.chdir(before);
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("without a home nobody knows which file is the user's", () => {
  const before = ["HOME", "XDG_CONFIG_HOME"].map((name) => [name, Deno.env.get(name)] as const);
  try {
    for (const [name] of before) Deno.env.delete(name);
    const roster = (name: string) => new HostRoster({ entries: [], files: [name] }, () => {});
    assertThrows(() => roster(".."), ImpError, "cannot find --hosts ..: HOME is not set");
    assertThrows(() => roster("no-such"), ImpError, "cannot open no-such: ENOENT");
  } finally {
    for (const [name, value] of before) if (value !== undefined) Deno.env.set(name, value);
  }
});

Deno.test("a file that is replaced by what is none holds on", async () => {
  const directory = await Deno.makeTempDir();
  const file = `${directory}/hosts`;
  try {
    await Deno.writeTextFile(file, "a\n");
    const roster = new HostRoster({ entries: [], files: [file] }, () => {});
    await Deno.remove(file);
    assertEquals(roster.look(roster.due), undefined, "it is away");
    new Deno.Command("mkfifo", { args: [file] }).outputSync();
    assertEquals(roster.look(roster.due), undefined, "nobody would write to it");
    assertEquals(names(roster.hosts), ["a"]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
