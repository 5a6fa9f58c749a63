// The door of every command: no option is parsed and forgotten, and what is asked for never changes.
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { BlockRule } from "../../src/pool/source/block_jobs.ts";
import { bytesOf } from "../../src/pool/bytes.ts";
import { UsageError } from "../../src/base/errors.ts";
import type { Command, Option } from "../../src/cli/options.ts";
import { parseCommandLine } from "../../src/cli/parse.ts";
import type { ItemInput, JobCommand } from "../../src/commands/pool/families.ts";
import { COMMANDS } from "../../src/commands/registry.ts";
import { runs } from "../property_runs.ts";

/** What a command line must have besides options. */
const OPERANDS: Record<string, readonly string[]> = {
  daemon: ["prog"],
  start: ["web", "--", "prog"],
  attach: ["web"],
  init: ["prog"],
  pool: ["some"], // The value of -I as well.
  with: ["prog"],
  guard: ["tag", "id"],
  "pool-call-worker": ["module"],
  "pool-call-bundle": ["module"],
  "compare-probe": ["file"],
  report: ["run.log"],
  "lab-program": ["id", "part"],
};

/** A value for each option that is neither a path nor a name, and that is not the default. */
const SAMPLES: Record<string, Record<string, string>> = {
  daemon: {
    ...{ umask: "077", env: "A=1", nice: "3", limit: "nofile=10", "keep-fd": "5" },
    ...{ route: "fork", ready: "notify", "ready-timeout": "9s", wait: "9s" },
  },
  start: {
    ...{ umask: "077", env: "A=1", nice: "3", limit: "nofile=10", ionice: "idle" },
    ...{ "oom-score": "9", restart: "always", backoff: "1s..2s", "max-restarts": "3/1m" },
    ...{ success: "3", "start-seconds": "9s", "stop-signal": "INT", "stop-timeout": "9s" },
    ...{ stop: "INT:1s", ready: "notify", "ready-timeout": "9s", watchdog: "9s" },
    ...{ "log-max": "9M", "log-keep": "9", "log-reopen": "USR1", "max-lifetime": "9h" },
    ...{ "max-rss": "9M", instances: "3", every: "9m", cron: "0 3 * * *", timezone: "UTC" },
    ...{ overlap: "queue", socket: "tcp:8080", "idle-stop": "9s", health: "tcp:81" },
    ...{ "health-every": "9s", "health-timeout": "9s", "health-retries": "9" },
    ...{ "health-start": "9s", "memory-max": "9M", "memory-high": "9M", "cpu-max": "9%" },
    ...{ "cpu-weight": "9", "pids-max": "9", "io-weight": "9", "io-max": "/x rbps=9M" },
    ...{ debounce: "9s", "on-port": "9" },
  },
  stop: { timeout: "9s" },
  down: { timeout: "9s" },
  attach: { "detach-keys": "ctrl-p,ctrl-q" },
  init: { rewrite: "TERM:QUIT", expect: "3", "parent-death": "TERM", grace: "9s" },
  with: { ready: "notify", "ready-timeout": "9s", "stop-timeout": "9s" },
  pool: {
    ...{ "max-args": "3", block: "3K", records: "3", "max-tasks-per-worker": "3" },
    ...{ "max-tasks-per-child": "3", "max-memory-per-worker": "3M", ahead: "3", jobs: "3" },
    ...{ delay: "3s", load: "3", memfree: "3M", nice: "3", timeout: "3s", "term-seq": "INT" },
    ...{ halt: "now,fail=1", retries: "3", "retry-delay": "3s", "retry-jitter": "3%" },
    ...{ "retry-on": "3", delimiter: ";", colsep: ";", "max-lines": "3" },
    ...{ "max-chars": "300", tagstring: "t", header: ":", eof: "END" },
    ...{ priority: "high", "not-before": "9m" },
    ...{ "host-timeout": "9s", sshdelay: "9s", "on-lost": "retry", "imp-file": "x=y" },
  },
  list: { interval: "9s" },
  logs: { lines: "3", since: "9m", until: "9m" },
  orphans: { grace: "9s" },
  zombies: { grace: "9s", every: "9s" },
  compare: { shell: "zsh", by: "exit", styles: "daemon", format: "markdown" },
  lab: { speed: "2", format: "json" },
  worker: { on: "nats://queue", jobs: "3", deliveries: "3", "ack-wait": "9s", replicas: "3" },
  runs: { on: "nats://queue", "keep-age": "9h", "keep-size": "9M", rate: "3/s" },
  "queue-bridge": { on: "nats://queue", window: "3", lane: "_low", "not-before": "3" },
};

/** Words among which options are tried; some mean nothing without others. */
const SURROUNDINGS: Record<string, readonly (readonly string[])[]> = {
  daemon: [[], ["--name=other"], ["--ready", "notify"]],
  with: [["--daemon", "helper"]],
  pool: [
    ...[[], ["--joblog", "log"], ["--retries", "5"], ["--pipe"], ["--workers"], ["--sem", "name"]],
    ...[["--arg-file=data"], ["--pipe", "--recend=x"], ["--results=dir"], ["--on=nats://queue"]],
    ...[["--csv"], ["--shell"], ["--call=module"], ["--sshlogin=web"]],
    ...[["--sshlogin=web", "--return=x"], ["--on=nats://queue", "--tls-cert=some"]],
    ...[["--on=nats://queue", "--tls-key=some"]],
  ],
  start: [
    ...[[], ["--every=5m"], ["--cron=5 4 * * *"], ["--socket=udp:53"], ["--health=tcp:80"], [
      "--read-only=/",
    ]],
    ...[["--socket=udp:53", "--on-demand"], ["--on-change=src"]],
  ],
  worker: [
    ...[["--stdio"], ["--on=nats://queue", "--allow-any"], ["--stdio", "--allow=other"]],
    ...[["--allow=some"], ["--on=nats://queue", "--allow-any", "--tls-cert=some"]],
    ...[["--on=nats://queue", "--allow-any", "--tls-key=some"], ["--on=nats://queue"]],
  ],
  "queue-bridge": [
    ...[["--on=nats://queue", "--run=other"], ["--run=other"], ["--on=nats://queue"]],
    ...[["--on=nats://queue", "--run=other", "--tls-cert=some"]],
    ...[["--on=nats://queue", "--run=other", "--tls-key=some"]],
  ],
  runs: [
    ...[[], ["--on=nats://queue"], ["--on=nats://queue", "--tls-cert=some"]],
    ...[["--on=nats://queue", "--tls-key=some"], ["remove", "--on=nats://queue", "x"]],
    ...[["set", "--on=nats://queue"], ["failures", "--on=nats://queue"]],
    ["remove", "--on=nats://queue"],
  ],
  orphans: [[], ["--end", "7"], ["7"]],
  stop: [["web"], []],
  list: [[], ["--watch"], ["--metrics"]],
  status: [["web"], []],
  restart: [["web"], []],
  reload: [["web"], []],
  remove: [["web"], []],
  enable: [["web"], []],
  export: [["systemd", "web"], ["systemd"]],
  disable: [["web"], []],
  signal: [["web", "HUP"], ["HUP"]],
  zombies: [[], ["--watch"], ["--ask"], ["--end-parent"]],
  lab: [[], ["--all"], ["zombie"], ["zombie", "--html"]],
};

/** Options that name the default. */
const DEFAULTS: Record<string, readonly string[]> = {
  init: ["subreaper"], // Always so.
  pool: ["group", "will-cite"],
  lab: ["list"],
  signal: ["main"],
  worker: ["allow-any"], // Where a client starts it.
  runs: ["all"], // What is listed.
};

Deno.test("every option of every command is a part of its request, or is refused", async () => {
  for (const { name, load } of COMMANDS) {
    const command = await load();
    const all = SURROUNDINGS[name] ?? [[]];
    const without = new Map(all.map((more) => [more, requestOf(command, more)]));
    for (const option of command.options) {
      if (DEFAULTS[name]?.includes(option.name)) continue;
      const words = [`--${option.name}${option.value ? `=${sample(name, option)}` : ""}`];
      const where = `${name} ${words}`;
      const surroundings = all.filter((more) => !more.includes(words[0]));
      const around = surroundings.map((more) => [
        without.get(more)!,
        requestOf(command, [...more, ...words]),
      ]);
      assert(around.some(([, request]) => request !== REFUSED), `${where} is always refused`);
      for (const [without, request] of around) {
        if (request === REFUSED) continue;
        assert(shown(request) !== shown(without), `${where} is forgotten`);
      }
    }
  }
});

Deno.test("any options together make a request, or are refused as wrong usage", async () => {
  for (const { name, load } of COMMANDS) {
    const command = await load();
    if (command.options.length === 0) continue;
    const word = fc.constantFrom(...command.options).map((option) =>
      `--${option.name}${option.value ? `=${sample(name, option)}` : ""}`
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (words) => {
        const request = requestOf(command, words);
        // The same words ask for the same.
        if (request !== REFUSED) assertEquals(shown(request), shown(requestOf(command, words)));
      }),
      runs(200),
    );
  }
});

Deno.test("whatever an option's value is, it is taken or refused as wrong usage", async () => {
  for (const { load } of COMMANDS) {
    const command = await load();
    for (const option of command.options) {
      if (!option.value) continue;
      fc.assert(
        fc.property(fc.string(), (text) => {
          requestOf(command, [`--${option.name}=${text}`]);
        }),
        { ...runs(50), examples: [[""], ["-1"], ["0"], ["1e9"], ["\ufffd"]] },
      );
    }
  }
});

Deno.test("only the functions that make requests read options", async () => {
  const src = new URL("../../src/", import.meta.url);
  const readers: string[] = [];
  for await (const { path, text } of sources(src)) {
    if (/\b(Values|Given)\b[^;]*from "[./]+cli\/options\.ts"/.test(text)) readers.push(path);
  }
  const allowed =
    /^commands\/(queue_bridge|\w+\/(request\w*|contradictions|call_worker|rules|access_options))\.ts$/;
  assertEquals(readers.filter((path) => !allowed.test(path)), []);
  assert(readers.length > 5, "where did they go?");
});

const REFUSED = "refused";

/** @throws anything but wrong usage: a request looks at nothing but the words */
function requestOf(command: Command, words: readonly string[]): object | typeof REFUSED {
  try {
    // A function is called in the place of a program.
    const calls = words.some((word) => word.startsWith("--call"));
    // Without a program, a daemon starts with what is on record.
    const recorded = command.name === "start" && words.includes("--new-env");
    const everyone = command.name === "start" && words.includes("--all");
    // The jobs are there already.
    const attached = words.some((word) => word.startsWith("--attach"));
    const needed = calls || everyone || attached
      ? []
      : recorded
      ? ["web"]
      : OPERANDS[command.name] ?? [];
    const { values, operands } = parseCommandLine(command, [...words, ...needed]);
    return command.request(values, operands);
  } catch (error) {
    if (error instanceof UsageError) return REFUSED;
    throw error;
  }
}

function sample(command: string, option: Option): string {
  return SAMPLES[command]?.[option.name] ?? option.choices?.at(-1) ?? "some";
}

function shown(request: object | string): string {
  const options = { depth: 20, iterableLimit: Infinity, strAbbreviateSize: Infinity };
  return Deno.inspect(typeof request === "string" ? request : done(request), options);
}

/** The request with what its functions do in their place. */
function done(request: { command?: JobCommand; items?: ItemInput; rule?: BlockRule }): object {
  const { command, items, rule } = request;
  const rendered = command?.template?.render({ fields: [bytesOf("item")] }, 1, 1);
  const columns = items?.columns?.(bytesOf("a;b"));
  const text = bytesOf("a\nb\0c;d,some,e");
  const range = { begin: 0, from: 0, to: text.length, limit: text.length, final: true };
  return { ...request, rendered, columns, cut: rule?.cuts.first(text, range) };
}

async function* sources(folder: URL): AsyncIterable<{ path: string; text: string }> {
  const root = new URL("../../src/", import.meta.url).pathname;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) {
      const file = new URL(name, folder);
      yield { path: file.pathname.slice(root.length), text: await Deno.readTextFile(file) };
    }
  }
}
