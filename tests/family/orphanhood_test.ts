import { assertEquals } from "@std/assert";
import { type Relations, standingOf } from "../../src/family/orphanhood.ts";

const INIT = { pid: 1, role: "init", adopted: true } as const;

/** An ordinary child of a shell. */
const CHILD: Relations = {
  kind: "child",
  ppid: 50,
  parent: { pid: 50, role: "shell", adopted: false },
  parentHidden: false,
  sessionLeader: false,
  sessionLed: true,
  groupLed: true,
  sharesGroupWithParent: false,
  terminal: false,
  attached: false,
  ignoresHangup: false,
  severed: false,
  service: false,
};

const cases: [string, Partial<Relations>, ReturnType<typeof standingOf>][] = [
  ["a child of a shell", {}, undefined],
  ["adopted by init", { kind: "orphan", ppid: 1, parent: INIT }, "orphan"],
  [
    "adopted by a subreaper",
    { kind: "orphan", parent: { pid: 9, role: "subreaper", adopted: true } },
    "orphan",
  ],
  ["detached on a terminal", { kind: "detached", parent: INIT, terminal: true }, "orphan"],
  ["a textbook daemon", { kind: "daemon", parent: INIT, sessionLed: false }, "daemon"],
  [
    "looks like a daemon, and holds a pipe",
    { kind: "daemon", parent: INIT, sessionLed: false, attached: true },
    "orphan",
  ],
  [
    "a service that writes to a pipe",
    { kind: "daemon", parent: INIT, sessionLeader: true, attached: true, service: true },
    "daemon",
  ],
  [
    "setsid, with a pipe",
    { kind: "daemon", parent: INIT, sessionLeader: true, attached: true },
    "left-on-purpose",
  ],
  ["nohup", { kind: "nohup-job", parent: INIT, terminal: true }, "left-on-purpose"],
  [
    "nohup, after the logout",
    { kind: "orphan", parent: INIT, ignoresHangup: true },
    "left-on-purpose",
  ],
  [
    "getty",
    { kind: "session-leader", parent: INIT, sessionLeader: true, terminal: true },
    "terminal",
  ],
  ["init's own session", { parent: { pid: 1, role: "init", adopted: false } }, "unclear"],
  ["docker exec", { ppid: 0, parent: null }, "entered"],
  ["its parent ended meanwhile", { ppid: 77, parent: null }, "unclear"],
  ["its parent lives, hidden", { ppid: 77, parent: null, parentHidden: true }, undefined],
  ["the same, without leader", { parent: null, parentHidden: true, groupLed: false }, "leaderless"],
  ["end of a pipeline", { groupLed: false }, "leaderless"],
  ["a worker of such", { groupLed: false, sharesGroupWithParent: true }, undefined],
  ["a zombie", { kind: "zombie", parent: INIT }, undefined],
  ["a thread of the kernel", { kind: "kernel-thread", ppid: 2, parent: null }, undefined],
];

for (const [name, changes, expected] of cases) {
  Deno.test(`standingOf: ${name}`, () => {
    assertEquals(standingOf({ ...CHILD, ...changes }), expected);
  });
}
