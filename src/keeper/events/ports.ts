import { ImpError } from "../../base/errors.ts";
import { POLLOUT } from "../../libc/abi.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { beginConnect, connectError, resolve } from "../../libc/descriptors/inet.ts";
import { PollSet } from "../../libc/descriptors/poll.ts";
import { LOCAL_HOST, parseReady } from "../../ready/rule.ts";
import { runtime } from "../../runtime/mod.ts";

/** The time limit for a host that drops packets, ms. */
const PATIENCE_MS = 1000;
/** Some servers listen on only one of the two. */
const LOOPBACKS = ["127.0.0.1", "::1"];

/** Whether somebody accepts connections at `HOST:PORT`; false if the host has no address. */
export function acceptsConnections(text: string): boolean {
  const rule = parseReady(`tcp:${text}`);
  if (rule.kind !== "tcp") return false;
  const attempts: number[] = [];
  try {
    const hosts = rule.host === LOCAL_HOST ? LOOPBACKS : [rule.host];
    for (const address of hosts.flatMap((host) => resolve(host, rule.port))) {
      const fd = beginConnect(address);
      if (fd >= 0) attempts.push(fd);
    }
    return isAnyConnected(attempts);
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    return false;
  } finally {
    for (const fd of attempts) closeFile(fd);
  }
}

function isAnyConnected(attempts: readonly number[]): boolean {
  const deadline = runtime.now() + PATIENCE_MS;
  for (let left = attempts; left.length > 0;) {
    const set = new PollSet(left.length);
    left.forEach((fd, i) => set.watch(i, fd, POLLOUT));
    if (set.wait(Math.ceil(Math.max(0, deadline - runtime.now()))) <= 0) return false;
    const ended = left.filter((_, i) => set.ready(i) !== 0);
    if (ended.some((fd) => connectError(fd) === 0)) return true;
    left = left.filter((fd) => !ended.includes(fd));
  }
  return false;
}
