// Everything that is printed fits the terminal, and is written in what the terminal understands.
import { assert, assertEquals } from "@std/assert";
import { displayWidth } from "../../src/cli/table.ts";
import { e2e, eventually, impBinary, type Sandbox } from "./harness.ts";
import { openShell } from "./terminal.ts";

const SHOWN = [
  "",
  "inspect",
  "inspect $$ 1",
  "tree",
  "tree --session $$",
  "zombies",
  "orphans --all",
  "doctor --all",
  "lab",
  "lab zombie daemonize-steps",
  "lab daemon-join --explain",
  "compare",
  "version --verbose",
  "boot",
  "list",
  "help topics",
  "help pool",
  "start --help",
  // Errors, with their hints.
  "boot nosuch",
  "up",
  "start --cron @reboot -- true",
  "start ./a/program",
  "start web x -- true",
  "stop web",
  "status web",
  "logs --since today web",
  "pool -j abc echo",
  "pool --trim lr echo",
  "list --all",
  "init -r 9:15 -- true",
  "signal HUP web",
  "inspect nosuch",
  "export nosuch",
  "run nosuch.ts",
  "runs",
  "worker",
  "with",
  "version --verify",
];

/** What imp prints on a terminal. */
async function onTerminal(
  box: Sandbox,
  columns: number,
  commands: readonly string[],
  settings: string,
): Promise<string[]> {
  const shell = openShell(box, ["bash", "--norc", "-i"], columns);
  await Deno.writeTextFile(
    box.path("all.sh"),
    `${settings}\n${
      commands.map((words) => `echo "@ imp ${words}"; "$IMP" ${words}`).join("\n")
    }\n` +
      "echo @ over\n",
  );
  shell.type(`. "$HOME/all.sh"`);
  await eventually(() => /^@ over/m.test(shell.screen()), () => shell.screen());
  shell.type("exit");
  await shell.ended();
  const lines = shell.screen().split(/\r*\n/);
  return lines.slice(lines.findIndex((line) => line.startsWith("@ ")));
}

/** What is to be copied is one line, however long: commands and checksums. */
const COPIED =
  /^ {2}(?:perhaps you mean|for example): |^ {2}(?:imp|find|seq|cut) .* (?:-- |:::|-k )|^ {2}imp pool --|^sha256 /;

/** A path is not broken: not one by itself, nor that of the binary, wherever this copy lies. */
function isTooLong(line: string, columns: number): boolean {
  const shown = line.replaceAll(impBinary(), "imp");
  return / /.test(shown.trim()) && displayWidth(shown) > columns && !COPIED.test(shown);
}

for (const columns of [40, 80, 120]) {
  e2e(`widths: everything fits ${columns} columns`, async (box) => {
    const settings = `cd ${box.directory}; TERM=xterm; export LC_ALL=C.UTF-8`;
    const lines = await onTerminal(box, columns, SHOWN, settings);
    assert(lines.some((line) => line.includes("\x1b[")), "there are colours");
    assertEquals(lines.filter((line) => isTooLong(line, columns)), []);
  });
}

e2e("widths: a dumb terminal in the C locale gets ASCII without control sequences", async (box) => {
  const settings = `cd ${box.directory}; export TERM=dumb LC_ALL=C`;
  const lines = await onTerminal(box, 80, [...SHOWN, "daemon --help", "pool --help"], settings);
  assertEquals(lines.filter((line) => !/^[\x20-\x7e\t]*$/.test(line)), []);
  assertEquals(lines.filter((line) => isTooLong(line, 80)), []);
});

e2e("widths: NO_COLOR takes the colours away, --color brings them back", async (box) => {
  const settings = `cd ${box.directory}; TERM=xterm; export NO_COLOR=1`;
  const plain = await onTerminal(box, 80, ["tree $$", "doctor", "help"], settings);
  assertEquals(plain.join("").includes("\x1b["), false);
  const colored = await onTerminal(box, 80, ["--color always tree $$"], settings);
  assert(colored.join("").includes("\x1b["));
});
