import { errno, errnoName } from "../../src/libc/calling/errno.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { cString } from "../../src/libc/calling/memory.ts";
import { assertEquals, test } from "./harness.ts";

const c = libc("close", "chdir", "kill", "mkdir");
const file = cString("/proc/self/status");
const root = cString("/");
const NOBODY = 0x3fff_ffff;

const CALLS = 200_000;

/** Four kinds of failing calls, each with the errno that it must leave. */
const FAILING: readonly [name: string, call: () => number][] = [
  ["EBADF", () => c.close(-1)],
  ["ENOTDIR", () => c.chdir(file)],
  ["ESRCH", () => c.kill(NOBODY, 0)],
  ["EEXIST", () => c.mkdir(root, 0o700)],
];

/** @returns how often errno was another one than that of the call right before */
function mistakes(between: (call: number) => void): number {
  let wrong = 0;
  for (let i = 0; i < CALLS; i++) {
    const [name, call] = FAILING[i & 3];
    const result = call();
    const code = errno();
    if (result !== -1 || errnoName(code) !== name) wrong++;
    between(i);
  }
  return wrong;
}

test("errno is that of the call right before, 200,000 times", () => {
  assertEquals(mistakes(() => {}), 0);
});

test("errno is that of the call right before, however busy the collector is", () => {
  let garbage: unknown = null;
  const wrong = mistakes((i) => {
    garbage = [garbage, new Array(20), `${i}`];
    if (i % 1000 === 0) garbage = new Uint8Array(100_000);
  });
  assertEquals([wrong, garbage === null], [0, false]);
});
