// Facts that cannot be printed were not reported: every command that prints says so and fails.
import { assertEquals } from "@std/assert";
import { inNamespace } from "./family_programs.ts";
import { e2e } from "./harness.ts";

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
    "EBADF (bad file descriptor)\n  the caller has closed it; > /dev/null is for what nobody wants to read\n",
  ],
];

for (const [place, why] of PLACES) {
  e2e(`standard output ${place}: each command tells that it could not print`, async (box) => {
    for (const words of FACTS) {
      const { code, stdout, stderr } = await box.sh(`exec "$IMP" ${words} ${place}`);
      const [, name] = /^([a-z]+)/.exec(words) ?? [];
      const where = name ? `imp ${name}` : "imp";
      assertEquals([words, code, stdout], [words, 1, ""]);
      assertEquals(stderr, `${where}: cannot write to standard output: ${why}`);
    }
    // Where orphans are reaped at once, which doctor tries.
    const { code, stderr } = await inNamespace(box, `"$IMP" doctor ${place}`);
    assertEquals([code, stderr], [1, `imp doctor: cannot write to standard output: ${why}`]);
  });
}
