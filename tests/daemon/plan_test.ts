import { RLIMIT_NOFILE } from "../../src/libc/abi.ts";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { chooseRoute, daemonSteps, needsFork, type Prepared } from "../../src/daemon/plan.ts";
import type { DaemonSettings } from "../../src/daemon/settings.ts";

const settings: DaemonSettings = {
  words: ["server"],
  route: "auto",
  directory: "/",
  umask: 0o022,
  truncate: false,
  ownPidDirectory: false,
  environment: [],
  clearEnvironment: false,
  limits: [],
  secondFork: true,
  noChildren: false,
  keep: [],
};

const prepared: Prepared = {
  settings,
  files: ["/bin/server"],
  argv: ["server"],
  env: ["A=1"],
  directory: 101,
  descriptors: [[102, 0], [103, 1], [104, 2]],
  emptied: [],
  interpreters: [],
  limits: [],
};

const owner = { uid: 33, gid: 34, groups: [34, 5] };
const nproc = { resource: 6, limit: { soft: 10, hard: 20 } };

const record: Prepared["record"] = [
  { do: "own-stat", to: 106, at: 45 },
  { do: "own-pid", directory: 107, working: ".x.pid.imp-new", name: "x.pid" },
];

const everything: Prepared = {
  ...prepared,
  settings: { ...settings, chroot: "/srv/jail", nice: 10 },
  files: ["/bin/server", "/usr/bin/server"],
  root: 106,
  directory: undefined,
  descriptors: [...prepared.descriptors, [7, 7], [105, 3]],
  record,
  emptied: [103],
  owner,
  limits: [nproc],
  openFiles: { soft: 1024, hard: 4096 },
};

const TEXTBOOK = [
  "setsid",
  "fork",
  "own-stat",
  "own-pid",
  "umask",
  "fchdir",
  "chroot",
  "dup2",
  "keep",
  "reset-signals",
  "nice",
  "limit",
  "groups",
  "gid",
  "uid",
  "chdir",
  "no-children",
  "may-execute",
  "truncate",
  "execute",
];

Deno.test("the plainest daemon: the steps of the textbook", () => {
  assertEquals(daemonSteps(prepared), [
    { do: "setsid" },
    { do: "fork" },
    { do: "umask", mask: 0o022 },
    { do: "fchdir", fd: 101 },
    { do: "dup2", from: 102, to: 0 },
    { do: "dup2", from: 103, to: 1 },
    { do: "dup2", from: 104, to: 2 },
    { do: "reset-signals" },
    { do: "execute", path: "/bin/server", argv: ["server"], env: ["A=1"] },
  ]);
});

Deno.test("a daemon with everything: root before directory, what needs root before the user goes", () => {
  assertEquals(daemonSteps(everything), [
    { do: "setsid" },
    { do: "fork" },
    ...record,
    { do: "umask", mask: 0o022 },
    { do: "fchdir", fd: 106 },
    { do: "chroot", path: "." },
    { do: "dup2", from: 102, to: 0 },
    { do: "dup2", from: 103, to: 1 },
    { do: "dup2", from: 104, to: 2 },
    { do: "keep", fd: 7 },
    { do: "dup2", from: 105, to: 3 },
    { do: "reset-signals" },
    { do: "nice", value: 10 },
    { do: "limit", resource: RLIMIT_NOFILE, limit: { soft: 1024, hard: 4096 } },
    { do: "limit", ...nproc },
    { do: "groups", gids: [34, 5] },
    { do: "gid", gid: 34 },
    { do: "uid", uid: 33 },
    // As the user: a link inside leads the user nowhere else.
    { do: "chdir", path: "/" },
    { do: "truncate", fd: 103 },
    { do: "execute", path: "/bin/server", argv: ["server"], env: ["A=1"] },
    { do: "execute", path: "/usr/bin/server", argv: ["server"], env: ["A=1"] },
  ]);
});

Deno.test("without the second fork only that step is missing", () => {
  const without = daemonSteps({ ...prepared, settings: { ...settings, secondFork: false } });
  assertEquals(without, daemonSteps(prepared).filter((step) => step.do !== "fork"));
});

Deno.test("a log is emptied last, where exec is known to find what it needs", () => {
  const steps = daemonSteps({ ...prepared, emptied: [103, 104], interpreters: ["/bin/sh"] });
  assertEquals(steps.slice(-5, -1), [
    { do: "may-execute", path: "/bin/server" },
    { do: "may-execute", path: "/bin/sh" },
    { do: "truncate", fd: 103 },
    { do: "truncate", fd: 104 },
  ]);
});

Deno.test("a limit of open files that the user asks for is not overruled by the caller's", () => {
  const asked = { resource: RLIMIT_NOFILE, limit: { soft: 64, hard: 64 } };
  const steps = daemonSteps({ ...everything, limits: [asked] });
  assertEquals(steps.filter((step) => step.do === "limit"), [{ do: "limit", ...asked }]);
});

Deno.test("whatever is asked for, the order is the textbook's and every kind of step comes once", () => {
  const some = fc.record({
    secondFork: fc.boolean(),
    noChildren: fc.boolean(),
    nice: fc.option(fc.integer({ min: -20, max: 19 }), { nil: undefined }),
    chroot: fc.option(fc.constant("/srv/jail"), { nil: undefined }),
    owner: fc.option(fc.constant(owner), { nil: undefined }),
    limits: fc.uniqueArray(fc.integer({ min: 0, max: 15 })),
    keep: fc.uniqueArray(fc.integer({ min: 3, max: 99 })),
  });
  fc.assert(fc.property(some, ({ secondFork, noChildren, nice, chroot, owner, limits, keep }) => {
    const steps = daemonSteps({
      ...prepared,
      settings: { ...settings, secondFork, noChildren, nice, chroot },
      root: chroot === undefined ? undefined : 106,
      directory: chroot === undefined ? 101 : undefined,
      descriptors: [...prepared.descriptors, ...keep.map((fd) => [fd, fd] as [number, number])],
      owner,
      limits: limits.map((resource) => ({ resource, limit: { soft: 1, hard: 1 } })),
    });
    const kinds = steps.map((step) => TEXTBOOK.indexOf(step.do));
    assertEquals(kinds, kinds.toSorted((a, b) => a - b));
    const once = steps.filter(({ do: kind }) => !["dup2", "keep", "limit"].includes(kind));
    assertEquals(new Set(once.map((step) => step.do)).size, once.length);
    assertEquals(steps.at(-1)?.do, "execute");
    assertEquals(steps.some((step) => step.do === "chroot"), chroot !== undefined);
    assertEquals(steps.filter((step) => step.do === "keep").length, keep.length);
    assertEquals(steps.at(-2)?.do === "no-children", noChildren);
    assert(steps.every((step) => step.do !== "dup2" || step.from !== step.to));
  }));
});

Deno.test("the route: the fast one, unless something asked for would hit imp itself", () => {
  const limit = { name: "nproc", resource: 6, limit: { soft: 10 } };
  const table: [asked: Partial<DaemonSettings>, needs: string[]][] = [
    [{}, []],
    [{ nice: 5, secondFork: false, keep: [3], stdout: "/log", clearEnvironment: true }, []],
    [{ pidfile: "/run/x.pid" }, ["--pidfile"]],
    [{ pidfile: "/run/imp/x.pid", ownPidDirectory: true }, ["--name"]],
    [{ truncate: true }, ["--truncate"]],
    [{ user: "nobody" }, ["--user"]],
    [{ chroot: "/srv" }, ["--chroot"]],
    [{ limits: [limit] }, ["--limit"]],
    [{ noChildren: true }, ["--no-children"]],
    [{ user: "nobody", chroot: "/srv", limits: [limit] }, ["--user", "--chroot", "--limit"]],
  ];
  for (const [asked, needs] of table) {
    const given = { ...settings, ...asked };
    assertEquals(needsFork(given), needs);
    assertEquals(chooseRoute(given), needs.length === 0 ? "spawn" : "fork");
    // A route that is named is taken; the command line refuses what it cannot do.
    assertEquals(chooseRoute({ ...given, route: "fork" }), "fork");
    assertEquals(chooseRoute({ ...given, route: "spawn" }), "spawn");
  }
});
