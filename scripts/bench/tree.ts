// The cost of looking at thousands of processes: imp tree, zombies, orphans against ps -ef and pstree, once with all of
// them children of one parent, once with all of them orphans.
// Usage: scripts/bench/run tree [PROCESSES] [ROUNDS]
import { impBinary, run } from "./programs.ts";
import { type Contender, machine, timeInTurn, which } from "./measure.ts";
import { printRows } from "./rows.ts";

/** Each waits for the end of its input, so all of them end with this script, however it ends. */
const CROWD = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
  int n = atoi(argv[1]), orphans = strcmp(argv[2], "orphans") == 0;
  char byte;
  for (int i = 0; i < n; i++) {
    pid_t pid = fork();
    if (pid < 0) { perror("fork"); return 1; }
    if (pid == 0) { close(1); while (read(0, &byte, 1) > 0); _exit(0); }
  }
  printf("ready\\n");
  fflush(stdout);
  if (orphans) return 0;
  while (read(0, &byte, 1) > 0);
  while (wait(NULL) > 0);
  return 0;
}`;

type Shape = "children" | "orphans";
const TITLES = { children: "children of one parent", orphans: "orphans" } as const;

const processes = Number(Deno.args[0] ?? 5000);
const rounds = Number(Deno.args[1] ?? 20);
const imp = impBinary();
const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });
try {
  const program = await compileCrowd();
  console.log(`${machine()}; ${processes} processes, ${rounds} rounds in turn, medians\n`);
  await measure(program, "children");
  await measure(program, "orphans");
} finally {
  Deno.removeSync(work, { recursive: true });
}

async function measure(program: string, shape: Shape): Promise<void> {
  const crowd = new Deno.Command(program, {
    args: [String(processes), shape],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = crowd.stdout.getReader();
  await reader.read();
  try {
    // Any zombie would make the exit status 1: asked about a missing process, it still reads everything.
    const about = String(2 ** 31 - 1);
    const contenders: Contender[] = [
      { name: "ps -ef", argv: [which("ps") ?? "ps", "-ef"] },
      { name: "imp tree", argv: [imp, "tree"] },
      { name: "imp tree --session", argv: [imp, "tree", "--session"] },
      { name: "imp zombies", argv: [imp, "zombies", about] },
      { name: "imp orphans", argv: [imp, "orphans"] },
      ...["pstree"].flatMap((name) => {
        const path = which(name);
        return path ? [{ name: `${name} -p`, argv: [path, "-p"] }] : [];
      }),
    ];
    printRows({ what: TITLES[shape], timings: timeInTurn(contenders, rounds) });
  } finally {
    await crowd.stdin.close();
    await reader.cancel();
    await crowd.status;
    await gone(program);
  }
}

async function compileCrowd(): Promise<string> {
  const compiler = which("cc");
  if (!compiler) throw new Error("the benchmark needs a C compiler (cc)");
  const program = `${work}/crowd`;
  Deno.writeTextFileSync(`${program}.c`, CROWD);
  const { code, stderr } = await run([compiler, "-O1", "-o", program, `${program}.c`]);
  if (code !== 0) throw new Error(stderr);
  return program;
}

/** Waits until no process runs the program; zombies are left to init. */
async function gone(program: string): Promise<void> {
  const running = () =>
    [...Deno.readDirSync("/proc")].some(({ name }) => {
      try {
        return /^\d/.test(name) && Deno.readLinkSync(`/proc/${name}/exe`) === program;
      } catch {
        return false;
      }
    });
  while (running()) await new Promise((resolve) => setTimeout(resolve, 100));
}
