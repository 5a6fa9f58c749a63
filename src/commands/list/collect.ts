import { keptByLiving } from "../../keeper/waiter/find_waiters.ts";
import { keeperHome, placeOfDirectory } from "../../keeper/home.ts";
import { keptNames } from "../../keeper/kept_names.ts";
import { observeMany } from "../../keeper/observe/observe_many.ts";
import { withSocketUse } from "../../keeper/observe/socket_use.ts";
import { selectNames } from "../../keeper/selection.ts";
import type { ListRequest } from "./request.ts";
import type { ListedDaemon } from "./words.ts";

/** What a list shows. */
export interface Listing {
  readonly daemons: readonly ListedDaemon[];
  /** Words that name no daemon. */
  readonly unknown: readonly string[];
  /** When all had been looked at: no record may seem to be of the future. Milliseconds since the epoch. */
  readonly at: number;
}

/** Looks at all requested daemons. @throws ImpError if they cannot be listed */
export async function collect(request: ListRequest): Promise<Listing> {
  const { words, allUsers, metrics, display } = request;
  // Programs compare fields of the output.
  const exact = display.json || metrics !== undefined;
  if (!allUsers) {
    const { daemons, unknown } = listHome(keeperHome(), words, exact);
    return { daemons: await withSockets(daemons), unknown, at: Date.now() };
  }
  const { everyUsersHome } = await import("../../keeper/observe/all_users.ts");
  const found = everyUsersHome((home, user) =>
    listHome(home, words, exact).daemons.map((one) => ({ ...one, user }))
  );
  const { unknown } = selectNames(
    { words, all: words.length === 0 },
    found.map(({ facts }) => facts.daemon.name),
  );
  return { daemons: await withSockets(found), unknown, at: Date.now() };
}

async function withSockets(daemons: readonly ListedDaemon[]): Promise<ListedDaemon[]> {
  const all = await withSocketUse(daemons.map(({ facts }) => facts));
  return daemons.map((daemon, i) => ({ ...daemon, facts: all[i] }));
}

function listHome(home: string, words: readonly string[], exact: boolean): Omit<Listing, "at"> {
  const kept = keptNames(home);
  // Somebody has removed them all; those that run are still there.
  const there = kept.length > 0
    ? kept
    : keptByLiving(`${home}/daemons`).map((directory) => placeOfDirectory(directory).name);
  const { names, unknown } = selectNames({ words, all: words.length === 0 }, there);
  const daemons = observeMany(home, names, exact).map((facts) => ({ facts }));
  return { daemons, unknown };
}
