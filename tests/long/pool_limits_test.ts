// How many threads the runtime starts, and so what a tight limit leaves, depends on the machine.
import { assertEquals } from "@std/assert";
import { e2eAsRoot } from "../e2e/harness.ts";

e2eAsRoot(
  "pool: it goes on with one job where others have taken all processes but imp's reserve",
  async (box) => {
    // Six of a user's sixteen are taken; jobs may have eight, of which imp and its guard have at least two.
    const { stdout, stderr } = await box.sh(
      `cd /; as="setpriv --reuid 61235 --regid 61235 --clear-groups"
    for i in 1 2 3 4 5 6; do $as sleep 60 & others="$others $!"; done
    for pid in $others; do until [ "$(cat /proc/$pid/comm)" = sleep ]; do :; done; done
    (ulimit -u 16; seq 5 | $as "$IMP" pool -k -j4 echo); echo $?; kill $others`,
    );
    assertEquals(stdout, "1\n2\n3\n4\n5\n0\n", stderr);
  },
);
