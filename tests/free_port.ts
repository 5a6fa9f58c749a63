/** Where the kernel's own choice of ports begins. */
const EPHEMERAL = Number(
  Deno.readTextFileSync("/proc/sys/net/ipv4/ip_local_port_range").split("\t")[0],
);

const LOWEST = 10_000;

/**
 * A TCP port that nobody has, and after it `more` that nobody has. Programs of tests that run beside this one take
 * ports as well; none of theirs is chosen by the kernel from where these lie, and there are too many for chance.
 */
export function freePort(more = 0): number {
  const room = Math.max(EPHEMERAL, 2 * LOWEST) - LOWEST - more;
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * room);
    if (Array.from({ length: more + 1 }, (_, n) => port + n).every(isFree)) return port;
  }
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
