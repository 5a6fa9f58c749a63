import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command } from "../../cli/options.ts";
import { isTerminal, warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import { keeperHome, type KeptPlace, keptPlace, refuseUnsafePlace } from "../../keeper/home.ts";
import { observeKept } from "../../keeper/observe/observe.ts";
import { waiterEnvironment } from "../../keeper/waiter/raise.ts";
import { startBlocked } from "../../init/blocked_start.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { signalName } from "../../libc/processes/signals.ts";
import { ensureWatch } from "../../logs/watch/watch_lock.ts";
import { AttachedClient } from "./client.ts";
import { ATTACH_OPTIONS, type AttachOption, type AttachRequest, attachRequest } from "./request.ts";

export const attachCommand: Command<AttachRequest, AttachOption> = {
  name: "attach",
  usage: ["attach [OPTIONS] NAME"],
  description: [
    "Connects this terminal to that of a daemon that was started with imp start --tty: it shows the last screenful " +
    "and everything that follows, and what you type goes to the daemon, Ctrl-C too. Ctrl-\\ and then d detaches; the " +
    "daemon goes on, also if this terminal is closed. Several clients may be attached: the terminal is as large as " +
    "the smallest of theirs.",
    "If standard input is not a terminal, its contents are typed to the program, and output is printed until the " +
    "input ends.",
  ],
  options: ATTACH_OPTIONS,
  permute: true,
  examples: [
    {
      line: "imp attach game",
      says: "like screen -r, for imp start game --tty -- ./server",
    },
    { line: "echo save-all | imp attach game", says: "type a line, like screen -X stuff" },
    { line: "imp attach --read-only game", says: "only watch" },
  ],
  exits: [
    ["0", "detached, or the daemon has ended"],
    ["1", "there is no such daemon, it is not running, or it has no terminal"],
    ["125", "imp itself failed"],
  ],
  request: attachRequest,
  run,
};

function run(request: AttachRequest): number {
  const place = keptPlace(keeperHome(), request.name);
  refuseUnsafePlace(place);
  refuseUnattachable(place);
  // Before any change to the terminal.
  startBlocked();
  // Its keeper starts it; this is for a keeper that cannot.
  ensureWatch(place.home, { environment: waiterEnvironment(), newSession: true });
  const end = new AttachedClient(place, request).run();
  const say = (text: string) => {
    if (!request.quiet) warn(`[${printable(text)}]`);
  };
  switch (end.by) {
    case "detached":
      if (isTerminal(0)) say(`detached from ${request.name}, which goes on`);
      return EXIT.done;
    case "over":
      say(end.text);
      return EXIT.done;
    case "terminal":
      return EXIT.done;
    case "signal":
      return dieBy(signalName(end.number));
  }
}

/** @throws ImpError, exit 1 */
function refuseUnattachable(place: KeptPlace): void {
  const { exists, settings, program, acting } = observeKept(place);
  const { name } = place;
  const refuse = (why: string, hint: string) =>
    new ImpError({ action: "attach to", object: name, why, hint, exit: EXIT.no });
  if (!exists) {
    throw refuse("no kept daemon has that name", "imp list shows the kept daemons");
  }
  if (settings && !settings.log.terminal) {
    throw refuse(
      "it has no terminal: it was started without --tty",
      `imp logs -f ${name} shows what it writes; imp start ${name} --replace --tty -- … gives it one`,
    );
  }
  if (!program && !acting) throw refuse("it is not running", `imp start ${name}`);
}
