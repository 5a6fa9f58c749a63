// Pages in a real browser: Debian's headless Chromium.
import type { RunResult, Sandbox } from "./harness.ts";

const PROGRAMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const OPTIONS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-breakpad",
  "--hide-scrollbars",
  // No host is reachable, whatever the browser itself requests.
  "--host-resolver-rules=MAP * ~NOTFOUND",
];

/** Runs Chromium on a file, with a new profile. The test is skipped if it is not installed. */
export async function chromium(
  box: Sandbox,
  file: string,
  options: readonly string[],
): Promise<RunResult> {
  const program = PROGRAMS.find((path) => isThere(path));
  if (!program) return box.skip("Chromium is not installed");
  const home = box.path("chromium");
  const log = box.path("net.json");
  return await box.run([
    program,
    ...OPTIONS,
    `--user-data-dir=${home}`,
    `--log-net-log=${log}`,
    ...options,
    `file://${file}`,
  ], { env: { HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home } });
}

/** The page after its script has run. */
export async function domOf(box: Sandbox, file: string): Promise<string> {
  const { stdout } = await chromium(box, file, ["--virtual-time-budget=5000", "--dump-dom"]);
  return stdout;
}

/** The requested URLs, without the browser's own. */
export function fetchedIn(box: Sandbox): string[] {
  const text = Deno.readTextFileSync(box.path("net.json"));
  return [
    ...new Set([...text.matchAll(/"url":"((?:https?|wss?|ftp|file):[^"]*)"/g)].map((m) => m[1])),
  ];
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
