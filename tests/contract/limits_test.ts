import { RLIMIT_NOFILE } from "../../src/libc/abi.ts";
import { errnoName } from "../../src/libc/calling/errno.ts";
import { readTextOrNothing } from "../../src/libc/descriptors/files.ts";
import { getLimit, RESOURCES, setLimit } from "../../src/libc/users/limits.ts";
import { allocate } from "../../src/libc/calling/memory.ts";
import { assert, assertEquals, assertThrows, test } from "./harness.ts";
import { isRoot, SLEEP, withChild } from "./support.ts";
import { skip } from "../skip.ts";

/** The words of /proc/PID/limits for the names of imp. */
const WORDS: Record<string, string> = {
  cpu: "cpu time",
  fsize: "file size",
  data: "data size",
  stack: "stack size",
  core: "core file size",
  rss: "resident set",
  nproc: "processes",
  nofile: "open files",
  memlock: "locked memory",
  as: "address space",
  locks: "file locks",
  sigpending: "pending signals",
  msgqueue: "msgqueue size",
  nice: "nice priority",
  rtprio: "realtime priority",
  rttime: "realtime timeout",
};

/** What the kernel shows of a process' limits. */
function shown(pid: number | "self", name: string) {
  const text = readTextOrNothing(`/proc/${pid}/limits`)!;
  const line = new RegExp(`^Max ${WORDS[name]} +(\\w+) +(\\w+)`, "m").exec(text)!;
  const [soft, hard] = line.slice(1).map((word) => word === "unlimited" ? Infinity : Number(word));
  return { soft, hard };
}

test("limits: every one is read as the kernel shows it", () => {
  assertEquals(Object.keys(RESOURCES), Object.keys(WORDS));
  for (const name in RESOURCES) {
    assertEquals(getLimit(RESOURCES[name][0]), shown("self", name), name);
  }
  assertThrows(() => getLimit(99), Error, "cannot read resource limit 99: EINVAL");
});

test("limits: a soft one is set and set back; children inherit it", async () => {
  const before = getLimit(RLIMIT_NOFILE);
  const lower = { soft: Math.min(before.soft, before.hard) - 1, hard: before.hard };
  assertEquals(setLimit(RLIMIT_NOFILE, lower), 0);
  try {
    assertEquals([getLimit(RLIMIT_NOFILE), shown("self", "nofile")], [lower, lower]);
    await withChild({ argv: [SLEEP, "1000"] }, (pid) => {
      assertEquals(shown(pid, "nofile"), lower);
    });
  } finally {
    assertEquals(setLimit(RLIMIT_NOFILE, before), 0);
  }
  assertEquals(getLimit(RLIMIT_NOFILE), before);
});

test("limits: what cannot be is refused with its errno, and nothing changes", () => {
  const before = getLimit(RLIMIT_NOFILE);
  const refused = (soft: number, hard: number) =>
    errnoName(setLimit(RLIMIT_NOFILE, { soft, hard }));
  assertEquals(refused(2, 1), "EINVAL");
  // Above fs.nr_open: refused even to root.
  assertEquals(refused(0, Infinity), "EPERM");
  assertEquals(getLimit(RLIMIT_NOFILE), before);
});

test("limits: only root raises a hard limit", (name) => {
  if (isRoot) return skip(name, "it needs an ordinary user");
  const before = getLimit(RLIMIT_NOFILE);
  const above = { ...before, hard: before.hard + 1 };
  assertEquals(errnoName(setLimit(RLIMIT_NOFILE, above)), "EPERM");
  assertEquals(getLimit(RLIMIT_NOFILE), before);
});

test("limits: no limit is Infinity, there and back", () => {
  const core = RESOURCES.core[0];
  const before = getLimit(core);
  if (before.hard === Infinity) {
    assertEquals(setLimit(core, { soft: Infinity, hard: Infinity }), 0);
    assertEquals(getLimit(core), { soft: Infinity, hard: Infinity });
  }
  assertEquals(setLimit(core, { soft: 0, hard: before.hard }), 0);
  assertEquals(getLimit(core), { soft: 0, hard: before.hard });
  setLimit(core, before);
});

test("limits: nothing stays in memory", () => {
  const place = () => allocate(16).address;
  const before = place();
  for (let i = 0; i < 100; i++) setLimit(RLIMIT_NOFILE, getLimit(RLIMIT_NOFILE));
  const after = place();
  assert(after === before + 16);
});
