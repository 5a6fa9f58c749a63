import { assertEquals } from "@std/assert";
import { reloadCommand } from "../../../src/commands/reload/command.ts";
import { removeCommand } from "../../../src/commands/remove/command.ts";
import { restartCommand } from "../../../src/commands/restart/command.ts";
import { signalCommand } from "../../../src/commands/signal/command.ts";
import { stopCommand } from "../../../src/commands/stop/command.ts";
import { assertRefused, requestBy } from "../asking.ts";

const display = { json: false, quiet: false, color: undefined };
const web = { by: "name", selection: { words: ["web"], all: false } } as const;
const everything = { by: "name", selection: { words: [], all: true } } as const;

Deno.test("imp stop: what is stopped, and how long it may take", () => {
  assertEquals(requestBy(stopCommand, "web"), { targets: web, grace: "as set", display });
  assertEquals(requestBy(stopCommand, "web", "-t", "3s").grace, { ms: 3000 });
  assertEquals(requestBy(stopCommand, "--now", "-a"), {
    ...{ targets: everything, grace: "none", display },
  });
  assertEquals(requestBy(stopCommand, "-p", "/run/x.pid").targets, {
    ...{ by: "pidfile", path: "/run/x.pid" },
  });
  assertRefused(stopCommand, [
    ["", "no name given, nor --all, nor --pidfile"],
    ["web --all", "names and --all cannot be used together"],
    ["web -p x", "names and --pidfile both say which daemon: give one"],
    ["--all -p x", "--all and --pidfile cannot be used together"],
    ["web --now -t 1s", "--now and --timeout cannot be used together"],
    ["''", "a name must not be empty"],
    ["--pidfile= web", "--pidfile needs the name of a file"],
  ]);
});

Deno.test("imp signal: the last word is the signal", () => {
  assertEquals(requestBy(signalCommand, "web", "hup"), {
    ...{ targets: web, signal: 1, to: "main", display },
  });
  assertEquals(requestBy(signalCommand, "--tree", "--all", "10"), {
    ...{ targets: everything, signal: 10, to: "tree", display },
  });
  assertRefused(signalCommand, [
    ["", "no signal given"],
    ["web", "'web' is not a signal"],
    ["HUP", "no name given, nor --all, nor --pidfile"],
    ["web HUP --main --tree", "--main and --tree cannot be used together"],
  ]);
});

Deno.test("imp restart, reload and remove", () => {
  assertEquals(requestBy(restartCommand, "web", "--env"), {
    ...{ selection: web.selection, newEnvironment: true, display },
  });
  assertEquals(requestBy(reloadCommand, "web"), { targets: web, display });
  assertEquals(requestBy(removeCommand, "--stop", "--logs", "-y", "web"), {
    ...{ selection: web.selection, stop: true, logs: true, yes: true, display },
  });
  assertRefused(restartCommand, [["", "no name given, nor --all"]]);
});
