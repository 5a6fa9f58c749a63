import type { KeptFacts } from "./kept_facts.ts";

/**
 * Adds who is connected to daemons' sockets. Loaded only if one has some; the kernel's tables are read once for all.
 */
export async function withSocketUse(all: readonly KeptFacts[]): Promise<readonly KeptFacts[]> {
  if (!all.some((facts) => openSockets(facts))) return all;
  const { readSocketUse, SocketTables } = await import("../../procfs/connections.ts");
  const tables = new SocketTables();
  return all.map((facts) => {
    const sockets = openSockets(facts);
    return sockets ? { ...facts, sockets: readSocketUse(sockets, tables) } : facts;
  });
}

function openSockets({ daemon: { settings, acting, program } }: KeptFacts) {
  return acting ?? program ? settings?.sockets : undefined;
}
