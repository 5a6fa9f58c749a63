// The cost of an idle process.

/** Memory that is private to this process. */
export function privateBytes(pid: number): number {
  const text = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
  return sum([...text.matchAll(/^Private_\w+:\s+(\d+) kB/gm)].map(([, kb]) => Number(kb) * 1024));
}

/** Context switches of all threads. */
export function switchesOf(pid: number): number {
  return sum([...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => {
    const text = Deno.readTextFileSync(`/proc/${pid}/task/${name}/status`);
    return sum(
      [...text.matchAll(/^(?:non)?voluntary_ctxt_switches:\s+(\d+)/gm)].map(([, n]) => Number(n)),
    );
  }));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
