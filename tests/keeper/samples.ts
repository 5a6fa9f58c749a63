import type { KeptSettings } from "../../src/keeper/records/kept_settings.ts";

/** Settings as `imp start` makes them from a program alone. */
export function settingsOf(changes: Partial<KeptSettings>): KeptSettings {
  return {
    schema: 1,
    name: "web",
    words: ["/bin/sleep", "60"],
    directory: "/",
    umask: 0o022,
    environment: [],
    clearEnvironment: false,
    environmentFiles: [],
    limits: [],
    noChildren: false,
    noNewPrivileges: false,
    log: { keep: 5, format: "raw", target: "file" },
    ready: [],
    readyTimeoutMs: 30_000,
    restart: "on-failure",
    backoff: { firstMs: 100, mostMs: 30_000 },
    success: [],
    startMs: 1000,
    stop: [{ signal: 15, wait: 10_000 }],
    killMode: "tree",
    hooks: {},
    forking: false,
    ...changes,
  };
}
