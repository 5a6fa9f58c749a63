// What a pool takes however much it reads: the whole of imp, the shared pages of its executable included.
import { assert, assertEquals } from "@std/assert";
import { e2e, impBinary, type Sandbox } from "./harness.ts";

const MOST_MB = 60;
const ITEMS = 500_000;

/** Feeds a pool, and @returns the most that it had in memory, megabytes, with what it printed. */
async function peak(box: Sandbox, args: string[], input: Uint8Array) {
  const child = new Deno.Command(impBinary(), {
    args: ["pool", ...args],
    cwd: box.directory,
    env: { IMP_TEST_TAG: box.tag },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  let kib = 0;
  const look = () => {
    try {
      const text = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      kib = Number(/^VmHWM:\s*(\d+)/m.exec(text)?.[1] ?? kib);
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, 5);
  const writer = child.stdin.getWriter();
  const written = writer.write(input).then(() => writer.close());
  const { code, stdout } = await child.output();
  await written;
  clearInterval(timer);
  assertEquals(code, 0);
  assert(kib > 0, "it ended before it was looked at");
  return { megabytes: kib / 1024, stdout: new TextDecoder().decode(stdout) };
}

const numbers = new TextEncoder().encode(
  Array.from({ length: ITEMS }, (_, i) => `${i}\n`).join(""),
);

for (const options of [["-X"], ["-n", "20000"], ["-n", "2000"]]) {
  e2e(`pool ${options.join(" ")}: memory does not grow with the number of items`, async (box) => {
    const args = [...options, "--shell", "echo $#"];
    const { megabytes, stdout } = await peak(box, args, numbers);
    const sum = stdout.trim().split("\n").reduce((all, count) => all + Number(count), 0);
    assertEquals(sum, ITEMS);
    assert(megabytes <= MOST_MB, `${megabytes} MB`);
  });
}

e2e("pool --workers -k: memory does not grow with the number of records", async (box) => {
  const { megabytes, stdout } = await peak(box, ["--workers", "-k", "-j2", "cat"], numbers);
  assertEquals(stdout.length, numbers.length);
  assert(megabytes <= MOST_MB, `${megabytes} MB`);
});

e2e("pool --pipe: a record takes the memory of one copy, in its file", async (box) => {
  const record = new Uint8Array(200_000_000).fill(0x78);
  const { megabytes, stdout } = await peak(box, ["--pipe", "--block", "1M", "wc", "-c"], record);
  assertEquals(stdout.trim(), String(record.length));
  // The file in memory is added.
  assert(megabytes + 200 <= 1.2 * 200 + MOST_MB, `${megabytes} MB`);
});
