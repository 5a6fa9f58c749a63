// Whichever process of imp's is ended, at any moment and in any way: nothing is left. `scripts/test --long` tries it for long.
import { assertEquals } from "@std/assert";
import { e2e, eventually, rounds } from "./harness.ts";
import { randomNumbers } from "./random.ts";
import { SEED } from "../seed.ts";

/** Children in the group, in sessions of their own, and one that has lost its parent. */
const TREE = "sleep 900 & setsid sleep 901 & (setsid sleep 902 &); exec sleep 903";
const WORKER = "sleep 900 & setsid sleep 901 & while read -r x; do sleep 902; done";

const ENDINGS: Deno.Signal[] = ["SIGTERM", "SIGINT", "SIGHUP"];

const COMMANDS: { name: string; words: string[]; signals: Deno.Signal[] }[] = [
  {
    name: "pool",
    words: ["pool", "-j3", "--shell", TREE, ":::", "1", "2", "3", "4"],
    signals: [...ENDINGS, "SIGKILL"],
  },
  {
    name: "pool --workers",
    words: ["pool", "--workers", "-j2", "sh", "-c", WORKER, ":::", "1", "2", "3"],
    signals: [...ENDINGS, "SIGKILL"],
  },
  {
    name: "with",
    words: ["with", "--shell", "--daemon", TREE, "--", "sh", "-c", TREE],
    signals: [...ENDINGS, "SIGKILL"],
  },
  {
    name: "init",
    words: ["init", "--grace", "1s", "--", "sh", "-c", TREE],
    signals: ENDINGS,
  },
];

for (const { name, words, signals } of COMMANDS) {
  e2e(`chaos: ${name}, ended at random moments, leaves nothing`, async (box) => {
    const random = randomNumbers(SEED);
    for (let round = 0; round < rounds(8, 300); round++) {
      const signal = signals[round % signals.length];
      const moment = 150 * random() ** 2;
      const child = box.start(words);
      await new Promise((resolve) => setTimeout(resolve, moment));
      child.kill(signal);
      await child.status;
      await eventually(
        () => box.processes().length === 0,
        `round ${round}: ${signal} after ${moment} ms leaves something`,
      );
    }
  });
}

e2e("soak: every job's output comes once and in order, however many they are", async (box) => {
  const { code, stdout, stderr } = await box.sh(
    `seq ${rounds(2000, 300_000)} | "$IMP" pool -k -j4 echo | cksum; seq ${
      rounds(2000, 300_000)
    } | cksum`,
  );
  const [got, expected] = stdout.split("\n");
  assertEquals([code, stderr, got], [0, "", expected]);
});
