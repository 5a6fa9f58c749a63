// What servers can do, by version.

/**
 * The oldest supported server: consumers with a filter in the subject of their request, and next() without a prefetch.
 */
export const OLDEST_SERVER = "2.9.0";
/** The first version with `sync_interval: always`. */
const SYNC_ALWAYS_SINCE = "2.10.0";

/**
 * A purge of some subjects takes other messages away from consumers of older servers: before 2.9.15 and, where its filter is wider,
 * before 2.10.11. Before 2.9.15 they also count what was removed until they are restarted.
 */
export const PURGES_SINCE = "2.10.11";

/** Whether a server's version is `least` or later; true if it cannot be read. */
export function isAtLeast(version: string, least: string): boolean {
  const [have, want] = [version, least].map((text) => /^v?(\d+)\.(\d+)\.(\d+)/.exec(text));
  if (!have || !want) return true;
  for (let i = 1; i <= 3; i++) {
    const difference = Number(have[i]) - Number(want[i]);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/**
 * The warning for a queue with one replica: an acknowledged job is only in the kernel's memory for up to two minutes.
 * @param replicas of the streams @param syncsAlways undefined if the server does not tell this account
 * @returns a warning, or nothing
 */
export function syncWarning(
  version: string,
  replicas: number,
  syncsAlways: boolean | undefined,
): string | undefined {
  if (replicas > 1 || syncsAlways === true) return undefined;
  const lost = "a job that the server has acknowledged can be lost when its machine loses power";
  if (!isAtLeast(version, SYNC_ALWAYS_SINCE)) {
    return `${lost}: one replica, and nats-server ${version} has no 'sync_interval: always', which ${SYNC_ALWAYS_SINCE} has`;
  }
  return syncsAlways === false
    ? `${lost}: one replica, and the server's sync_interval is not 'always'`
    : `${lost}: one replica; unless the server has 'sync_interval: always'`;
}
