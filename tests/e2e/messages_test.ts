// A message goes with every exit status that is imp's own, and none with one that is another program's.
import { assertEquals, assertMatch } from "@std/assert";
import { e2e } from "./harness.ts";

/** A script for bash, its exit status, and what is on stderr; nothing where it is left out. */
type Case = readonly [script: string, code: number, stderr?: RegExp];

const OWN: readonly Case[] = [
  [`"$IMP" tree -q 2147483647`, 1, /^imp tree: cannot show process 2147483647: /],
  [`"$IMP" inspect -q 2147483647`, 1, /^imp inspect: no process 2147483647/],
  [`"$IMP" orphans -q 1`, 1, /^imp orphans: 1 is not an orphan: /],
  [`"$IMP" orphans -q --end --yes 1`, 1, /^imp orphans: 1 is not ended: /],
  // Nobody reaps for sleep(1).
  [
    `bash -c 'sleep 0.3 & exec sleep 60' & until ps -o stat= --ppid $! | grep -q Z; do sleep 0.02; done
    "$IMP" zombies -q --ask --yes $!; code=$?; kill $!; wait $! 2>/dev/null; exit $code`,
    1,
    /^imp zombies: parent \d+: .*1 left: \d+\n$/,
  ],
  [`"$IMP" pool 'gzip -9' ::: a`, 127, /\n {2}perhaps you mean: imp pool -- gzip -9 ::: a\n/],
  [
    `"$IMP" pool 'echo {} | wc' ::: a`,
    127,
    /\n {2}for a shell: imp pool --shell 'echo "\$1" \| wc'\n/,
  ],
  [`"$IMP" init 'cd / && ls'`, 127, /\n {2}perhaps you mean: imp init -- sh -c 'cd \/ && ls'\n/],
  [
    `"$IMP" start FOO=bar sleep 9`,
    2,
    /\n {2}perhaps you mean: imp start sleep -E FOO=bar -- sleep 9\n/,
  ],
  [`"$IMP" start A=1 B=2`, 2, /\n {2}perhaps you mean: imp start NAME -E A=1 -E B=2 -- PROGRAM\n/],
  [
    `"$IMP" start -- A='b c' sleep 9`,
    2,
    /\n {2}perhaps you mean: imp start sleep -E A='b c' -- sleep 9\n/,
  ],
  [`"$IMP" start 'a b' -- true`, 2, /'a b' is not a valid name .*\n {2}use letters, digits,/],
  [`"$IMP" start 'gzip -9'`, 2, /\n {2}perhaps you mean: imp start gzip -- gzip -9\n/],
  [
    `IMP_HOME=$PWD/h "$IMP" start web -- FOO=bar true`,
    127,
    /\n {2}perhaps you mean: imp start web -E FOO=bar -- true\n/,
  ],
  [
    `IMP_HOME=$PWD/h "$IMP" start web -- 'gzip -9'`,
    127,
    /\n {2}perhaps you mean: imp start web -- gzip -9\n/,
  ],
  [
    `"$IMP" daemon -q FOO='a b' B=2 sleep 1`,
    127,
    /\n {2}perhaps you mean: imp daemon -q -E FOO='a b' -E B=2 -- sleep 1\n/,
  ],
  [`"$IMP" with FOO=bar true`, 127, /\n {2}perhaps you mean: imp with -- env FOO=bar true\n/],
  [`"$IMP" boot install`, 2, /\n {2}write it as an option: imp boot --install\n/],
  [`"$IMP" remove --force web`, 2, /\n {2}did you mean --stop\?\n/],
  [`"$IMP" kill`, 2, /imp stop NAME ends a daemon; imp signal NAME SIGNAL/],
  [`"$IMP" help nosuch`, 2, /\n {2}imp help topics lists the pages\n/],
  [`"$IMP" init exec true`, 127, /\n {2}perhaps you mean: imp init -- true\n/],
  [`"$IMP" sv restart all`, 2, /\n {2}perhaps you mean: imp restart --all\n/],
  [`"$IMP" screen -r web`, 2, /\n {2}perhaps you mean: imp attach web\n/],
  [`IMP_HOME=$PWD/h "$IMP" stop all`, 1, /\n {2}did you mean imp stop --all\?\n/],
  [`IMP_HOME=$PWD/h "$IMP" status all`, 4, /\n {2}did you mean imp status --all\?\n/],
  [
    `IMP_HOME=$PWD/h "$IMP" start app.js`,
    1,
    /^imp start: cannot start 'app.js': .*\n {2}imp start app -C \. -- node app.js creates it/,
  ],
  [`IMP_HOME=$PWD/h "$IMP" start all`, 1, /\n {2}imp start --all starts all of them\n/],
  [`"$IMP" signal HUP web`, 2, /\n {2}the signal is the last word: imp signal web HUP\n/],
  [`"$IMP" signal 9 all`, 2, /\n {2}the signal is the last word: imp signal --all 9\n/],
  [
    `"$IMP" start '*/5 * * * *' ./backup.sh`,
    2,
    /\n {2}perhaps you mean: imp start --cron '\*\/5 \* \* \* \*' -- \.\/backup.sh\n/,
  ],
  [`"$IMP" start --cron @reboot -- true`, 2, /\n {2}leave it out: imp boot /],
  [`"$IMP" pool --etaa true ::: 1`, 2, /\n {2}did you mean --progress\?\n/],
  [`"$IMP" pool --interactive true ::: 1`, 2, /did you mean --dry-run/],
  [`"$IMP" orphans --kill 1`, 2, /\n {2}did you mean --end\?\n/],
  [`"$IMP" daemon -q /nowhere/x`, 127, /^imp daemon: cannot execute \/nowhere\/x: ENOENT /],
  [`"$IMP" run /nowhere/x.ts`, 127, /^imp run: cannot load \/nowhere\/x.ts: ENOENT /],
  [`"$IMP" init -q /nowhere/x`, 127, /^imp init: cannot execute \/nowhere\/x: ENOENT /],
  [`"$IMP" init -q /etc/passwd`, 126, /^imp init: cannot execute \/etc\/passwd: EACCES /],
  [`"$IMP" with -q /nowhere/x`, 127, /^imp with: cannot execute \/nowhere\/x: ENOENT /],
  [`"$IMP" with -q --daemon /nowhere/x true`, 127, /^imp with: cannot execute \/nowhere\/x: /],
  [
    `"$IMP" with -q --daemon 'sleep 60' --ready log:x --ready-timeout 100ms true`,
    124,
    /^imp with: helper 'sleep': not ready within 100ms: /,
  ],
  [
    `"$IMP" with -q --daemon 'sh -c "exit 4"' --ready log:x true`,
    1,
    /^imp with: helper 'sh': it ended before it was ready \(exit 4\)/,
  ],
  [
    `"$IMP" with -q --fail-fast --daemon 'sh -c "kill -9 \\$\\$"' sleep 60`,
    1,
    /^imp with: helper 'sh': it failed \(killed by KILL\)/,
  ],
  [`"$IMP" pool -q /nowhere/x ::: 1`, 127, /^imp pool: cannot execute \/nowhere\/x: ENOENT /],
  [`"$IMP" pool false ::: 1`, 1, /^imp pool: job 1 failed \(exit 1\): false 1\n.*\n$/],
];

const OF_PROGRAMS: readonly Case[] = [
  [`"$IMP" init -- sh -c 'exit 3'`, 3],
  [`"$IMP" init -- sh -c 'sleep 60 & exit 3'`, 3],
  [`"$IMP" init -- sh -c 'kill -9 $$'`, 137],
  [`ln -s "$IMP" tini; ./tini -s -- sh -c 'exit 3'`, 3],
  [`ln -s "$IMP" dumb-init; ./dumb-init sh -c 'exit 3'`, 3],
  [`"$IMP" with --daemon 'sleep 60' -- sh -c 'exit 3'`, 3],
  [`"$IMP" with --daemon 'sleep 60' -- sh -c 'kill -9 $$'`, 137],
  [`echo 'process.exit(7)' > x.ts; "$IMP" run ./x.ts`, 7],
  [`IMP_HOME=$PWD "$IMP" pool --sem x -- sh -c 'exit 9'`, 9],
  [`IMP_HOME=$PWD "$IMP" pool --sem x -- sh -c 'kill -9 $$'`, 137],
];

for (const [script, code, stderr] of [...OWN, ...OF_PROGRAMS]) {
  const [line] = script.split("\n");
  e2e(`messages: ${stderr ? "one" : "none"}, status ${code}: ${line}`, async (box) => {
    const result = await box.sh(script);
    assertEquals(result.code, code, result.stderr);
    if (stderr) assertMatch(result.stderr, stderr);
    else assertEquals(result.stderr, "");
  });
}
