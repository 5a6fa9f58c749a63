// Schedules while the clock is set: summer time, steps forward and back. A test must not set this machine's clock, so
// it uses a virtual machine: qemu with this binary, busybox and a kernel.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { e2eOfBinary, impBinary, type Sandbox } from "../e2e/harness.ts";

/** A kernel with the drivers for a virtual machine built in. Debian: linux-image-cloud-amd64. */
const KERNEL = "IMP_TEST_KERNEL";
const APPLETS = ["sh", "mount", "date", "sleep", "cat", "wc", "poweroff", "sed", "awk"];

/** Prints lines of a name and the value observed then. */
const SCRIPT = `#!/bin/sh
export PATH=/bin HOME=/root IMP_HOME=/root/imp
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs tmp /tmp
exec </dev/null >/dev/ttyS0 2>&1
# Behind what the firmware has left on the line.
echo
set_to() { date -u -s "$1" >/dev/null; }
runs() { wc -l </tmp/$1; }
job() { name=$1; shift; : >/tmp/$name; imp start $name "$@" -- sh -c "date -u +%FT%T >>/tmp/$name" >/dev/null; }
reaches() { i=0; while [ $(runs $1) -lt $2 ] && [ $i -lt 120 ]; do sleep 1; i=$((i+1)); done; sleep 10; }
tell() { for one in "$@"; do echo "$phase $one" $(cat /tmp/$one); done; }

set_to '2026-03-29 00:50:00'
job leapt --cron '30 2 * * *' --timezone Europe/Berlin
job hourly --cron '5 * * * *' --timezone Europe/Berlin
job every --every 10m
phase=spring
set_to '2026-03-29 00:59:55'; reaches leapt 1; tell leapt hourly
phase=forward
: >/tmp/every; set_to '2026-03-29 08:07:00'; reaches every 1; reaches hourly 1; tell leapt hourly every
phase=back
: >/tmp/every; set_to '2026-03-28 08:00:00'; sleep 10; tell leapt hourly every
# Set once more while it waits, which puts nothing off.
set_to '2026-03-28 08:05:00'; sleep 10
keeper=$(sed 's/.*"keeper":{"pid":\\([0-9]*\\).*/\\1/' $IMP_HOME/daemons/every/state.json)
switches() { awk '/ctxt_switches/ { sum += $2 } END { print sum }' /proc/$keeper/status; }
before=$(switches); sleep 5; echo "back wake-ups $(($(switches) - before))"
phase=again
set_to '2026-03-28 08:11:00'; reaches every 1; tell every
imp stop -q --all
phase=autumn
set_to '2026-10-25 00:25:00'
job twice --cron '30 2 * * *' --timezone Europe/Berlin
job half --cron '*/30 * * * *' --timezone Europe/Berlin
set_to '2026-10-25 00:29:55'; reaches twice 1
set_to '2026-10-25 01:29:55'; reaches half 2; tell twice half
phase=later
set_to '2026-10-26 01:29:55'; reaches twice 2; tell twice
imp stop -q --all
phase=lifetime
program() { echo "$phase $1" $(sed 's/.*"program":{"pid":\\([0-9]*\\).*/\\1/' $IMP_HOME/daemons/$phase/state.json); }
imp start -q lifetime --max-lifetime 30s -- sleep 1000
program first; set_to '2026-12-01 00:00:00'; sleep 5; program set; sleep 60; program over
imp stop -q --all
phase=suspended
imp start -q suspended --max-lifetime 1m -- sleep 1000
job asleep --every 40s
program before
echo +90 >/sys/class/rtc/rtc0/wakealarm; echo mem >/sys/power/state
sleep 20; program after; tell asleep
imp stop -q --all
echo "all said"
poweroff -f
`;

e2eOfBinary("schedules while the clock is set, on a machine of its own", async (box) => {
  const kernel = Deno.env.get(KERNEL) ?? box.skip(`${KERNEL} names no kernel for qemu`);
  await makeInitrd(box);
  const { code, stdout, stderr } = await box.run([
    ...["timeout", "1200", "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max"],
    ...["-smp", "2", "-m", "1500", "-nographic", "-no-reboot", "-kernel", kernel],
    ...["-initrd", box.path("initrd"), "-append", "console=ttyS0 quiet panic=1 rdinit=/init"],
  ]);
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /^all said\r?$/m, stdout);
  const told = (what: string) =>
    new RegExp(`^${what}(.*?)\\r?$`, "m").exec(stdout)?.[1].trim().split(" ").filter(Boolean) ?? [];
  // To ten minutes: the machine is emulated, and slow.
  const about = (what: string) => told(what).map((time) => time.slice(0, "2026-03-29T01:0".length));
  // 02:30 does not exist: it comes at 03:00.
  assertEquals(about("spring leapt"), ["2026-03-29T01:0"]);
  assertEquals(about("spring hourly"), []);
  // Runs missed for seven hours are made up for once.
  assertEquals(about("forward leapt"), ["2026-03-29T01:0"]);
  assertEquals(about("forward hourly"), ["2026-03-29T08:0"]);
  assertEquals(about("forward every")[0], "2026-03-29T08:0");
  assert(told("forward every").length <= 2, "one for those that were missed, and the next");
  // After a day back, nothing is repeated, and nothing waits for that day.
  assertEquals([told("back every"), about("back leapt")], [[], ["2026-03-29T01:0"]]);
  assertEquals(told("back wake-ups"), ["0"]);
  assertEquals(about("again every"), ["2026-03-28T08:1"]);
  // 02:30 exists twice: a daily time comes once, a half-hourly one continues.
  assertEquals(about("autumn twice"), ["2026-10-25T00:3"]);
  assertEquals(about("autumn half").at(-1), "2026-10-25T01:3");
  assertEquals(about("later twice"), ["2026-10-25T00:3", "2026-10-26T01:3"]);
  const [first, set, over] = ["first", "set", "over"].map((when) => told(`lifetime ${when}`)[0]);
  // A lifetime follows elapsed time, not the clock.
  assertEquals(set, first);
  assert(over !== first);
  // Neither a lifetime nor a schedule stands still while the machine is suspended, for 90 s.
  assert(told("suspended after")[0] !== told("suspended before")[0]);
  assert([1, 2].includes(told("suspended asleep").length), "once for what was missed");
}, ["qemu-system-x86_64", "busybox", "cpio", "ldd"]);

/** The machine's whole file system, in memory. */
async function makeInitrd(box: Sandbox): Promise<void> {
  Deno.mkdirSync(box.path("root"));
  Deno.writeTextFileSync(box.path("root/init"), SCRIPT, { mode: 0o755 });
  const { code, stderr } = await box.sh(`set -e
    mkdir -p root/bin root/proc root/sys root/dev root/tmp root/root
    cp "$(command -v busybox)" root/bin/busybox; cp ${impBinary()} root/bin/imp
    for one in ${APPLETS.join(" ")}; do ln -s busybox root/bin/$one; done
    for file in $(ldd root/bin/imp root/bin/busybox 2>/dev/null | grep -o '/lib[^ ]*' | sort -u); do
      mkdir -p "root$(dirname $file)"; cp -L $file root$file
    done
    cd root; find . | cpio -o -H newc --quiet >../initrd`);
  assertEquals(code, 0, stderr);
}
