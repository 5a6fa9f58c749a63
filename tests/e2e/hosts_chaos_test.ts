// Whatever is killed on the way to hosts, at any moment: every job runs, and is reported once.
import { assertEquals } from "@std/assert";
import { eventually, rounds, wordsOf } from "./harness.ts";
import { WEB1, WEB2, withHosts } from "./over_hosts.ts";
import { randomNumbers } from "./random.ts";
import type { TestHosts } from "./sshd.ts";

const JOBS = 60, KILLS = 6;

/** Those of whom one is killed next: ssh here, sshd, workers and their shells there. */
function victims(pool: number, hosts: TestHosts): number[] {
  let children: number[] = [];
  try {
    const text = Deno.readTextFileSync(`/proc/${pool}/task/${pool}/children`);
    children = text.split(" ").filter(Boolean).map(Number);
  } catch {
    // The pool has ended.
  }
  const ssh = children.filter((pid) => wordsOf(pid)[0] === "ssh");
  const there = hosts.remote().filter((pid) => wordsOf(pid).at(-1) === "--stdio");
  return [...ssh, ...there, ...hosts.sessions()];
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

for (let round = 1; round <= rounds(1, 20); round++) {
  withHosts(
    `connections and workers are killed all the time: round ${round}`,
    [WEB1, WEB2],
    async (box, hosts) => {
      const random = randomNumbers(round);
      const joblog = box.path("log");
      const script = "sleep 0.1; echo $1";
      const items = Array.from({ length: JOBS }, (_, i) => String(i + 1));
      const child = box.start([
        ...["pool", "--ssh", hosts.ssh, "-S", "web1,web2", "-j2", "-k", "--retries", "0"],
        ...["--joblog", joblog, "sh", "-c", script, "sh", "{}", ":::", ...items],
      ], { stdout: "piped", stderr: "piped" });
      let isOver = false;
      const output = child.output().finally(() => isOver = true);
      // A host that has never worked is given up.
      const begun = () => readText(joblog).split("\n").length > 4;
      await eventually(() => begun() || isOver, "nothing is done");
      for (let kill = 0; kill < KILLS; kill++) {
        await eventually(() => isOver || victims(child.pid, hosts).length > 0, "nobody is there");
        await new Promise((resolve) => setTimeout(resolve, 300 * random()));
        const all = victims(child.pid, hosts);
        if (all.length === 0) continue;
        try {
          Deno.kill(all[Math.floor(random() * all.length)], "SIGKILL");
        } catch {
          // It was faster.
        }
      }
      const { code, stdout, stderr } = await output;
      const text = new TextDecoder().decode(stdout);
      assertEquals(text.trim().split("\n"), items, new TextDecoder().decode(stderr));
      assertEquals(code, 0);
      const rows = Deno.readTextFileSync(joblog).trim().split("\n").slice(1);
      const done = rows.map((row) => row.split("\t")).filter((row) => row[6] === "0");
      assertEquals(done.map(([seq]) => Number(seq)).sort((a, b) => a - b), items.map(Number));
    },
  );
}
