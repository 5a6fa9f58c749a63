// Pure: what is watched, and which changes count.
import type { KeptPlace } from "../home.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { ALWAYS_IGNORED, ignoreRule } from "./ignore.ts";
import { isBelow } from "./watch_table.ts";

export type ChangeSettings = NonNullable<KeptSettings["onChange"]>;

export interface WatchTarget {
  /** Absolute. */
  readonly paths: readonly string[];
  /** One of them, or below one. */
  isInside(path: string): boolean;
  /** One of them, or on the path to one. */
  leadsTo(path: string): boolean;
  /** Whether a change inside is ignored. */
  ignores(path: string, isDirectory: boolean): boolean;
}

/**
 * @param own files and directories that imp, or the daemon through imp, writes: logs with their parts, a pidfile, imp's
 *   records
 */
export function watchTarget(
  { paths, ignore }: Pick<ChangeSettings, "paths" | "ignore">,
  own: readonly string[] = [],
): WatchTarget {
  const rule = ignoreRule([...ALWAYS_IGNORED, ...ignore]);
  const inside = (path: string) => paths.find((one) => one === path || isBelow(path, one));
  return {
    paths,
    isInside: (path) => inside(path) !== undefined,
    leadsTo: (path) => paths.some((one) => one === path || isBelow(one, path)),
    ignores(path, isDirectory) {
      if (own.some((one) => path === one || isBelow(path, one) || isPartOf(path, one))) return true;
      // An explicitly named path is wanted.
      if (paths.includes(path)) return false;
      const top = inside(path);
      return top !== undefined && rule(path.slice(top === "/" ? 1 : top.length + 1), isDirectory);
    },
  };
}

/** What is watched of a daemon. */
export function targetOf({ home }: Pick<KeptPlace, "home">, settings: KeptSettings): WatchTarget {
  return watchTarget(settings.onChange ?? { paths: [], ignore: [] }, ownFiles(settings, home));
}

/** A path for display: relative to what is watched, with that name first. */
export function shownPath({ paths }: Pick<WatchTarget, "paths">, path: string): string {
  const top = paths.find((one) => one === path || isBelow(path, one));
  return top === undefined ? path : path.slice(top.lastIndexOf("/") + 1) || path;
}

/** `web.log.3` of `web.log`, parts.ts. */
function isPartOf(path: string, log: string): boolean {
  return path.startsWith(`${log}.`) && /^\.(?:\d+|cut)$/.test(path.slice(log.length));
}

/** Files from a daemon's settings that may be written beside what it watches. */
export function ownFiles(
  { log, pidfile }: Pick<KeptSettings, "log" | "pidfile">,
  home: string,
): string[] {
  return [log.stdout, log.stderr, pidfile, home].filter((one) => one !== undefined);
}
