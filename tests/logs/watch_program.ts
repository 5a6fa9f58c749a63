// `imp watch` with daemons of a test: JSON files in its home, each a place and the PID of its program.
import { watchLogs } from "../../src/logs/watch.ts";

const [home] = Deno.args;

function isThere(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

watchLogs({
  home,
  directories: () => [home],
  daemons: () =>
    [...Deno.readDirSync(home)].filter(({ name }) => name.endsWith(".json")).map(({ name }) => {
      const { pid, ...place } = JSON.parse(Deno.readTextFileSync(`${home}/${name}`));
      return {
        place,
        runs: isThere(pid),
        signal: (number: number) => Deno.kill(pid, number === 10 ? "SIGUSR1" : "SIGHUP"),
      };
    }),
});
