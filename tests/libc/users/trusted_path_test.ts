import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Entry,
  entryOf,
  isName,
  judge,
  namesIn,
  type PathFacts,
  type Place,
  placeOf,
  type Rights,
  rightsIn,
  type Verdict,
  whyRefused,
} from "../../../src/libc/users/trusted_path.ts";

const USER = 1000, STRANGER = 1001;

function facts(kind: PathFacts["kind"], uid: number, mode: number, special = "0:0"): PathFacts {
  return { kind, uid, mode, special };
}

const directory = (uid: number, mode: number) => facts("directory", uid, mode);

Deno.test("trusted path: where a name stands, by who decides what it stands for", () => {
  const cases: [PathFacts, Rights, boolean, Place][] = [
    [directory(0, 0o755), "root", false, "root's"],
    [directory(0, 0o700), "root", false, "root's"],
    [directory(0, 0o1755), "root", false, "root's"],
    [directory(0, 0o775), "root", false, "open"],
    [directory(0, 0o757), "root", false, "open"],
    [directory(0, 0o777), "root", false, "open"],
    [directory(0, 0o1777), "root", false, "root's sticky"],
    [directory(0, 0o1775), "root", false, "root's sticky"],
    [directory(USER, 0o700), "root", false, "open"],
    [directory(STRANGER, 0o755), "root", false, "open"],
    [directory(STRANGER, 0o1777), "root", false, "sticky"],
    [directory(0, 0o755), "user", false, "open"],
    [directory(0, 0o1777), "user", false, "sticky"],
    [directory(0, 0o555), "root", true, "root's /proc"],
    [directory(USER, 0o555), "root", true, "/proc"],
    [directory(0, 0o555), "user", true, "/proc"],
  ];
  for (const [status, rights, proc, place] of cases) {
    assertEquals(placeOf(status, rights, proc), place, JSON.stringify([status, rights, proc]));
  }
});

Deno.test("trusted path: what stands at a name", () => {
  const roots = directory(0, 0o1777), strangers = directory(STRANGER, 0o1777);
  const cases: [PathFacts | undefined, PathFacts, Entry][] = [
    [undefined, roots, "missing"],
    [directory(0, 0o755), roots, "root's directory"],
    [directory(0, 0o775), roots, "directory"],
    [directory(USER, 0o755), roots, "directory"],
    [facts("link", 0, 0o777), roots, "root's link"],
    [facts("link", 0, 0o777), strangers, "foreign link"],
    [facts("link", USER, 0o777), roots, "own link"],
    [facts("link", STRANGER, 0o777), roots, "foreign link"],
    [facts("link", STRANGER, 0o777), strangers, "own link"],
    [facts("file", USER, 0o644), roots, "own file"],
    [facts("file", 0, 0o644), roots, "own file"],
    [facts("file", 0, 0o644), strangers, "foreign file"],
    [facts("fifo", STRANGER, 0o666), roots, "foreign file"],
    [facts("char", 0, 0o666, "5:0"), roots, "terminal"],
    [facts("char", 0, 0o666, "1:3"), roots, "own file"],
    [facts("block", 0, 0o666, "5:0"), roots, "own file"],
  ];
  for (const [entry, where, expected] of cases) {
    assertEquals(entryOf(entry, where, USER), expected, JSON.stringify([entry, where]));
  }
});

const PLACES: Place[] = ["root's", "root's sticky", "sticky", "open", "root's /proc", "/proc"];
const ENTRIES: Entry[] = [
  "root's directory",
  "directory",
  "root's link",
  "own link",
  "foreign link",
  "own file",
  "foreign file",
  "terminal",
  "missing",
];

Deno.test("trusted path: what becomes of it", () => {
  const cases: [Place, Entry, Verdict][] = [
    ["root's", "root's link", "root"],
    ["root's", "own link", "user"],
    ["root's", "foreign link", "user"],
    ["root's", "missing", "root"],
    ["root's", "foreign file", "root"],
    ["root's sticky", "root's directory", "root"],
    ["root's sticky", "root's link", "user"],
    ["root's sticky", "own file", "user"],
    ["root's sticky", "foreign link", "refuse"],
    ["root's sticky", "foreign file", "refuse"],
    ["sticky", "root's directory", "user"],
    ["sticky", "foreign link", "refuse"],
    ["sticky", "foreign file", "refuse"],
    ["open", "foreign link", "user"],
    ["open", "terminal", "refuse"],
    ["root's /proc", "root's link", "kernel"],
    ["root's /proc", "own link", "refuse"],
  ];
  for (const [place, entry, verdict] of cases) {
    assertEquals(judge(place, entry, true), verdict, `${place}: ${entry}`);
  }
});

Deno.test("trusted path: reading a stranger's file is the user's own affair, following a link is not", () => {
  for (const place of ["sticky", "root's sticky"] as const) {
    assertEquals(judge(place, "foreign file", false), "user");
    assertEquals(judge(place, "foreign link", false), "refuse");
  }
});

Deno.test("trusted path: a path that is walked as the user never comes back to root", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 0o7777 }),
      fc.boolean(),
      fc.constantFrom(...ENTRIES),
      fc.boolean(),
      (uid, mode, proc, entry, writing) => {
        const place = placeOf(directory(uid, mode), "user", proc);
        assertEquals(rightsIn(place), "user");
        assert(["user", "refuse"].includes(judge(place, entry, writing)));
      },
    ),
  );
});

Deno.test("trusted path: what others can make is never opened as root", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 0o7777 }),
      fc.constantFrom(...ENTRIES),
      fc.boolean(),
      (uid, mode, entry, writing) => {
        const place = placeOf(directory(uid, mode), "root", false);
        const steered = uid !== 0 || (mode & 0o022) !== 0;
        if (!steered || entry === "root's directory") return;
        assertNotEquals(judge(place, entry, writing), "root");
      },
    ),
  );
});

Deno.test("trusted path: every refusal has its reason", () => {
  for (const place of PLACES) {
    for (const entry of ENTRIES) {
      if (judge(place, entry, true) === "refuse") assert(whyRefused(place, entry).length > 20);
    }
  }
});

Deno.test("trusted path: the components of a path", () => {
  const cases: [string, string[]][] = [
    ["/var/log/a.log", ["var", "log", "a.log"]],
    ["//var///log/./a", ["var", "log", "a"]],
    ["../data", ["..", "data"]],
    ["a/..", ["a", ".."]],
    ["a/", ["a", "."]],
    ["a/.", ["a", "."]],
    ["a/./", ["a", "."]],
    ["a.", ["a."]],
    ["a/b.", ["a", "b."]],
    ["/", ["."]],
    [".", ["."]],
  ];
  for (const [path, names] of cases) assertEquals(namesIn(path), names, path);
  assertEquals([".", "..", "...", ".a"].map(isName), [false, false, true, true]);
});
