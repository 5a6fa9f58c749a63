import { assertEquals } from "@std/assert";
import { startCommand } from "../../../src/commands/start/command.ts";
import { assertRefused, requestBy } from "../asking.ts";

const ask = (line: string) => requestBy(startCommand, ...line.split(" "));
const wanted = (line: string) => ask(`${line} -- prog`).wanted!;

Deno.test("imp start: names stand before --, the program behind it, options on both sides of the name", () => {
  const { target: name, nameOfProgram, wanted } = ask(
    "web --nice 3 -- ./bin/prog -x --nice 4 -- y",
  );
  assertEquals([name, nameOfProgram, wanted?.nice], ["web", false, 3]);
  assertEquals(wanted?.words, ["./bin/prog", "-x", "--nice", "4", "--", "y"]);
  assertEquals(ask("--nice 3 web -- prog"), ask("web --nice 3 -- prog"));
  const other = ask("-- /usr/bin/prog a");
  assertEquals([other.target, other.nameOfProgram], ["prog", true]);
});

Deno.test("imp start: without a program what is on record is started", () => {
  const { target: name, wanted, newEnvironment } = ask("web@2 --new-env");
  assertEquals([name, wanted, newEnvironment], ["web@2", undefined, true]);
});

Deno.test("imp start: several that are known, patterns, all; those that run are as good where not each is named", () => {
  const of = (line: string) => {
    const { target, acceptRunning } = ask(line);
    return [target, acceptRunning];
  };
  assertEquals(of("web"), ["web", false]);
  assertEquals(of("web api --json"), [{ words: ["web", "api"], all: false }, false]);
  assertEquals(of("web api --oknodo"), [{ words: ["web", "api"], all: false }, true]);
  assertEquals(of("web-*"), [{ words: ["web-*"], all: false }, true]);
  assertEquals(of("--all"), [{ words: [], all: true }, true]);
  assertEquals(of("-a --no-wait"), [{ words: [], all: true }, true]);
});

Deno.test("imp start: what stays as it is", () => {
  const { words: _, ...settings } = wanted("web");
  assertEquals(JSON.parse(JSON.stringify(settings)), {
    ...{ directory: "/", umask: 0o022, environment: [], environmentFiles: [], limits: [] },
    ...{ clearEnvironment: false, noChildren: false, noNewPrivileges: false },
    ...{ log: { keep: 5, format: "raw", target: "file" }, ownLog: true },
    ...{ ready: [], readyTimeoutMs: 30_000, restart: "on-failure", success: [], startMs: 1000 },
    ...{ backoff: { firstMs: 100, mostMs: 30_000 }, stop: [{ signal: 15, wait: 10_000 }] },
    ...{ killMode: "tree", hooks: {}, forking: false },
  });
});

Deno.test("imp start: values", () => {
  const table: [string, object][] = [
    ["--backoff 1s..5s", { backoff: { firstMs: 1000, mostMs: 5000 } }],
    ["--backoff 2s", { backoff: { firstMs: 2000, mostMs: 2000 } }],
    ["--max-restarts 3/1m", { maxRestarts: { count: 3, withinMs: 60_000 } }],
    ["--success 3,SIGTERM --success 143", { success: [3, "TERM", 143] }],
    ["--stop TERM:10s,INT:5s,KILL", { stop: [step(15, 10), step(2, 5)] }],
    ["--stop QUIT:1s", { stop: [step(3, 1)] }],
    ["--stop KILL", { stop: [] }],
    ["--tty", { stop: [step(1, 5), step(15, 5)] }],
    ["--tty --stop-timeout 4s", { stop: [step(1, 2), step(15, 2)] }],
    ["--tty --stop-signal TERM", { stop: [step(15, 10)] }],
    ["--stop-signal 2 --stop-timeout 3s", { stop: [step(2, 3)] }],
    ["--ionice idle", { ioPriority: { class: 3, level: 0 } }],
    ["--ionice best-effort", { ioPriority: { class: 2, level: 4 } }],
    ["--ionice 1:0", { ioPriority: { class: 1, level: 0 } }],
    ["--oom-score -500", { oomScore: -500 }],
    ["--ready notify --ready tcp:80", { ready: ["notify", "tcp:80"] }],
    ["--pre ./check --on-fail mail", { hooks: { pre: ["./check"], onFail: ["mail"] } }],
    ["--stop-cmd x --reload-cmd y", { hooks: { stop: ["x"], reload: ["y"] } }],
    ["--log syslog", { ownLog: false, log: log({ target: "syslog" }) }],
    ["--log none --log-err e", { ownLog: false, log: log({ stderr: "e" }) }],
    ["--log a --log-max 1M --log-keep 2", {
      log: log({ stdout: "a", maxBytes: 1 << 20, keep: 2 }),
    }],
    ["--log-format json --log-reopen USR1", { log: log({ format: "json", reopenSignal: 10 }) }],
    ["--watchdog 2s --max-lifetime 1d --max-rss 1G", {
      ...{ watchdogMs: 2000, maxLifetimeMs: 86_400_000, maxRssBytes: 2 ** 30 },
    }],
  ];
  for (const [line, expected] of table) {
    const settings = JSON.parse(JSON.stringify(wanted(`web ${line}`)));
    const part = Object.fromEntries(Object.keys(expected).map((key) => [key, settings[key]]));
    assertEquals(part, expected as Record<string, unknown>, line);
  }
  assertEquals(ask("--instances 3 -- prog").instances, 3);
});

Deno.test("imp start: how", () => {
  const { replace, acceptRunning, wait, report } = ask("--replace --oknodo --no-wait -q -- prog");
  assertEquals([replace, acceptRunning, wait, report], [true, true, false, "nothing"]);
  assertEquals(ask("web --json").report, "json");
  // Declared once more, unchanged: nothing is wrong with that.
  assertEquals([ask("--replace -- prog").acceptRunning, ask("-- prog").acceptRunning], [
    true,
    false,
  ]);
});

Deno.test("imp start: bad values and contradictions are refused", () => {
  const p = "-- prog";
  assertRefused(startCommand, [
    ["", "no program given"],
    ["./prog", "'./prog' is a program, not a name"],
    [`web api ${p}`, "'api' follows the name 'web'"],
    ["web ./prog", "'./prog' is a program, not a name"],
    ["web --all", "names and --all cannot be used together"],
    [`--all ${p}`, "--all takes no program"],
    ["--all --nice 3", "--nice needs the program"],
    ["web --", "no program follows --"],
    [`a/b ${p}`, "'a/b' is not a valid name for a daemon"],
    ["web@0", "'web@0' is not a valid name for a daemon"],
    [`web@x ${p}`, "'web@x' is not a valid name for a daemon"],
    [`web@2 ${p}`, "'web@2' is one of several instances"],
    ["-- ./-x", "the program's name '-x' is not a valid name for a daemon"],
    ["web --nice 3", "--nice needs the program"],
    ["web --replace", "--replace needs the program"],
    [`--new-env ${p}`, "--new-env takes no program"],
    [`--restart sometimes ${p}`, "--restart must be no, on-failure or always, not 'sometimes'"],
    [`--backoff 5s..1s ${p}`, "'5s..1s': the first pause is longer than the longest"],
    [`--backoff 1s..2s..3s ${p}`, "'1s..2s..3s' is not a back-off"],
    [`--backoff soon ${p}`, "'soon' is not a duration"],
    [`--max-restarts 3 ${p}`, "'3' is not a number of restarts"],
    [`--max-restarts 3/0s ${p}`, "'3/0s': the time must be more than 0"],
    [`--restart no --backoff 1s ${p}`, "--restart no and --backoff cannot be used together"],
    [
      `--restart no --max-restarts 1/1s ${p}`,
      "--restart no and --max-restarts cannot be used together",
    ],
    [`--success 256 ${p}`, "'256' is neither an exit status nor a signal"],
    [`--success FOO ${p}`, "'FOO' is neither an exit status nor a signal"],
    [`--start-seconds x ${p}`, "'x' is not a duration"],
    [`--stop-signal FOO ${p}`, "'FOO' is not a signal"],
    [`--stop FOO:1s ${p}`, "'FOO:1s' is not a step of a stop"],
    [`--stop TERM,KILL ${p}`, "'TERM,KILL' has no time to wait after TERM"],
    [`--stop KILL,TERM:1s ${p}`, "'KILL,TERM:1s' goes on after KILL"],
    [`--stop TERM:1s --stop-signal INT ${p}`, "--stop and --stop-signal cannot be used together"],
    [`--stop TERM:1s --stop-timeout 1s ${p}`, "--stop and --stop-timeout cannot be used together"],
    [`--kill-mode all ${p}`, "--kill-mode must be tree or main, not 'all'"],
    [`--ready soon ${p}`, "'soon' is not a readiness rule"],
    [`--ready-timeout 0s ${p}`, "--ready-timeout must be more than 0"],
    [`--watchdog 0s ${p}`, "--watchdog must be more than 0"],
    [`--log - ${p}`, "--log -: a daemon does not have its caller's output"],
    [`--log /dev/stdout ${p}`, "--log /dev/stdout: a daemon does not have its caller's output"],
    [
      `--log a --log-err /proc/self/fd/2 ${p}`,
      "--log-err /proc/self/fd/2: a daemon does not have its caller's output",
    ],
    [`--log none --log-max 1M ${p}`, "--log none and --log-max cannot be used together"],
    [`--log syslog --log-err e ${p}`, "--log syslog and --log-err cannot be used together"],
    [`--log none --ready log:x ${p}`, "--ready log: and --log none cannot be used together"],
    [`--log-max 1K ${p}`, "--log-max 1K is too small"],
    [`--log-max x ${p}`, "'x' is not a size"],
    [`--log-keep x ${p}`, "--log-keep 'x' is not a whole number"],
    [`--log-format xml ${p}`, "--log-format must be raw, time or json, not 'xml'"],
    [`--log-reopen FOO ${p}`, "'FOO' is not a signal"],
    [`--pre '' ${p}`, "--pre '' names no program"],
    [`--post a|b ${p}`, "in \"a|b\" a shell would interpret '|', but no shell runs it"],
    [`--user '' ${p}`, "--user must not be empty"],
    [`--env-file '' ${p}`, "--env-file must not be empty"],
    [`--forking --no-children ${p}`, "--forking and --no-children cannot be used together"],
    [`--instances 0 ${p}`, "'0' is not a number of instances"],
    [`--instances 2 --pidfile x ${p}`, "--instances and --pidfile cannot be used together"],
    [
      `--instances 2 --log x ${p}`,
      "--instances and one file for their logs cannot be used together",
    ],
    [`--ionice idle:3 ${p}`, "'idle:3' is not a priority for disks"],
    [`--ionice fast ${p}`, "'fast' is not a priority for disks"],
    [`--oom-score 1001 ${p}`, "'1001' is not an oom score"],
    [`--max-rss x ${p}`, "'x' is not a size"],
    [`--max-lifetime 0s ${p}`, "--max-lifetime must be more than 0"],
    [`--waiter disk ${p}`, "--waiter must be file, memfd or resident, not 'disk'"],
  ]);
});

function step(signal: number, seconds: number) {
  return { signal, wait: seconds * 1000 };
}

function log(given: object): object {
  return { keep: 5, format: "raw", target: "file", ...given };
}
