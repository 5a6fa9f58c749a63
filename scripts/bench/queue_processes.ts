// Processes of a queue, read from proc(5).

const MS_PER_TICK = 10;
/** Fields of /proc/PID/stat after the name. */
const UTIME = 11, CUTIME = 13;

/** User and system time of reaped children and their descendants, milliseconds. */
export function cpuOfWaited(): number {
  const fields = fieldsOf("self");
  return MS_PER_TICK * (fields[CUTIME] + fields[CUTIME + 1]);
}

/** The same of a process, of its descendants, and of those they have reaped; 0: it has ended. */
export function cpuOfTree(pid: number): number {
  try {
    const fields = fieldsOf(String(pid));
    const own = fields.slice(UTIME, CUTIME + 2).reduce((sum, ticks) => sum + ticks, 0);
    const text = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
    const below = text.split(" ").filter(Boolean).map(Number).map(cpuOfTree);
    return below.reduce((sum, ms) => sum + ms, MS_PER_TICK * own);
  } catch {
    return 0;
  }
}

function fieldsOf(pid: string): number[] {
  const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
}

/** Bytes; 0: it has ended. */
export function rssOf(pid: number): number {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/status`);
    return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

export function descendants(pid: number): number[] {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
    return text.split(" ").filter(Boolean).map(Number).flatMap((one) => [one, ...descendants(one)]);
  } catch {
    return [];
  }
}

export function nameOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trim();
  } catch {
    return "";
  }
}
