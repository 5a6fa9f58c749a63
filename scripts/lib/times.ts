/** The cost of the parts of a test run. */
export interface Cost {
  name: string;
  /** Elapsed seconds, while others were running. */
  wall: number;
  /** Seconds of processor time, without daemons. */
  cpu: number;
}

/** Most parts listed of each kind. */
const MOST = 30;
/** Parts with this many elapsed seconds per second of processor time mostly wait, and thereby hold a place. */
const WAITS = 6;

/** Lines about the parts that use the processors most, and about those that mostly wait. */
export function costliest(costs: readonly Cost[]): string[] {
  const by = (key: (cost: Cost) => number) => [...costs].sort((a, b) => key(b) - key(a));
  const waiting = by(({ wall }) => wall).filter(({ wall, cpu }) => wall > WAITS * cpu);
  const total = { name: `in all, of ${costs.length} parts`, wall: NaN, cpu: 0 };
  for (const { cpu } of costs) total.cpu += cpu;
  return [
    "  CPU s   wall s",
    ...by(({ cpu }) => cpu).slice(0, MOST).map(line),
    line(total),
    ...waiting.length > 0 ? ["", "parts that mostly wait:"] : [],
    ...waiting.slice(0, MOST).map(line),
  ];
}

function line({ name, wall, cpu }: Cost): string {
  const seconds = (value: number) => (isNaN(value) ? "" : value.toFixed(1)).padStart(7);
  return `${seconds(cpu)}  ${seconds(wall)}  ${name}`;
}
