// Time until a command returns: imp against C programs of the same kind, and against its runtime doing nothing.
// Usage: deno run -A scripts/bench/startup.ts [ROUNDS]
import { compileEmpty, impBinary } from "./programs.ts";
import { type Contender, machine, timeInTurn, which } from "./measure.ts";
import { printRows } from "./rows.ts";

const rounds = Number(Deno.args[0] ?? 200);
const imp = impBinary();
const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });
try {
  const empty = await compileEmpty(work);
  const peer = (program: string, ...args: string[]): Contender[] => {
    const path = which(program);
    return path ? [{ name: [program, ...args].join(" "), argv: [path, ...args] }] : [];
  };
  const sleep = ["/bin/sleep", "0.2"];
  const contenders: Contender[] = [
    { name: "/bin/true", argv: ["/bin/true"] },
    { name: "empty program, compiled the same way", argv: [empty] },
    { name: "imp --version", argv: [imp, "--version"] },
    { name: "imp daemon", argv: [imp, "daemon", "--", ...sleep] },
    { name: "imp daemon -p FILE", argv: [imp, "daemon", "-p", `${work}/pid`, "--", "/bin/true"] },
    { name: "imp daemon --route fork", argv: [imp, "daemon", "--route", "fork", "--", ...sleep] },
    ...peer(
      "start-stop-daemon",
      "-S",
      "-b",
      "--pidfile",
      `${work}/none`,
      "--exec",
      "/bin/sleep",
      "--",
      "0.2",
    ),
    ...peer("daemonize", ...sleep),
    ...peer("daemon", "--", ...sleep),
    ...peer("setsid", "-f", ...sleep),
  ];
  console.log(`${machine()}; ${rounds} rounds in turn, medians; spread: the middle half`);
  const timings = timeInTurn(contenders, rounds).map((timing) => ({
    ...timing,
    name: timing.name.replaceAll(work, "…"),
  }));
  printRows({ what: "from call to return", timings, base: "empty program" });
} finally {
  Deno.removeSync(work, { recursive: true });
}
