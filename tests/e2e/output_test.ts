// Facts that cannot be printed were not reported: every command that prints says so and fails.
import { assertEquals } from "@std/assert";
import { inNamespace } from "./family_programs.ts";
import { e2e, type RunResult, type Sandbox } from "./harness.ts";

const FACTS = [
  "--version",
  "--help",
  "init --help",
  "zombies",
  "zombies --json",
  "orphans",
  "orphans --json --all",
  "tree",
  "tree --session",
  "tree --json",
  "inspect",
  "inspect $$",
  "inspect --json $$",
  "compare --styles foreground -- sleep 0",
];

const PLACES = [
  [">/dev/full", "ENOSPC (no space left on device)\n"],
  [
    ">&-",
    "EBADF (bad file descriptor)\n  the caller has closed it; use > /dev/null to discard output\n",
  ],
];

for (const [place, why] of PLACES) {
  e2e(`standard output ${place}: each command tells that it could not print`, async (box) => {
    for (const words of FACTS) {
      const { code, stdout, stderr } = await box.sh(`exec "$IMP" ${words} ${place}`);
      const [, name] = /^([a-z]+)/.exec(words) ?? [];
      const where = name ? `imp ${name}` : "imp";
      assertEquals([words, code, stdout], [words, 125, ""]);
      assertEquals(stderr, `${where}: cannot write to standard output: ${why}`);
    }
    // Where orphans are reaped at once, which doctor tries.
    const { code, stderr } = await inNamespace(box, `"$IMP" doctor ${place}`);
    assertEquals([code, stderr], [125, `imp doctor: cannot write to standard output: ${why}`]);
  });
}

/** They do something first. */
const LATE = [
  "doctor",
  "lab zombie",
  "pool --dry-run echo ::: a",
  "pool echo ::: a",
  "pool --json echo ::: a",
  "pool --workers cat ::: a",
];

e2e("a reader that is gone: a command that prints dies by SIGPIPE, silently", async (box) => {
  for (const words of [...FACTS, ...LATE, "lab --list"]) {
    const { stdout, stderr } = await intoClosedPipe(box, `"$IMP" ${words}`);
    assertEquals([words, stdout, stderr], [words, "141\n", ""]);
  }
});

e2e("a reader that is gone, and a caller that ignores SIGPIPE: a message, and 125", async (box) => {
  for (const words of [...FACTS, ...LATE]) {
    const { stdout, stderr } = await intoClosedPipe(box, `trap '' PIPE; "$IMP" ${words}`);
    const name = /^([a-z]+)/.exec(words)?.[1];
    const where = name ? `imp ${name}` : "imp";
    assertEquals([words, stdout, stderr], [
      words,
      "125\n",
      `${where}: cannot write to standard output: EPIPE (broken pipe)\n`,
    ]);
  }
});

/** Prints the status of a script whose standard output is a pipe that nobody reads any more. */
function intoClosedPipe(box: Sandbox, script: string): Promise<RunResult> {
  return box.sh(`mkfifo pipe; exec 4<>pipe 5>pipe 4<&-; (${script}) >&5; echo $?; rm pipe`);
}
