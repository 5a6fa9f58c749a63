import {
  EAGAIN,
  POLLIN,
  SIGCONT,
  SIGHUP,
  SIGINT,
  SIGQUIT,
  SIGTERM,
  SIGTSTP,
  SIGWINCH,
} from "../../../libc/abi.ts";
import { ImpError } from "../../../base/errors.ts";
import { EXIT } from "../../../base/exit_codes.ts";
import type { Style } from "../../../cli/style.ts";
import { startBlocked } from "../../../init/blocked_start.ts";
import { awaitedSignals } from "../../../init/forwarding.ts";
import { readSome } from "../../../libc/descriptors/files.ts";
import { PollSet } from "../../../libc/descriptors/poll.ts";
import { dieBy } from "../../../libc/processes/die_by.ts";
import { stopSelf } from "../../../libc/processes/process.ts";
import { blockSignals, openSignalfd, readSignals } from "../../../libc/processes/signalfd.ts";
import { signalName } from "../../../libc/processes/signals.ts";
import type { Listing } from "../collect.ts";
import { withShares } from "../watch.ts";
import { LiveCommand, runInFront } from "./child.ts";
import { type LiveKey, LiveKeys } from "./keys.ts";
import { LIVE_HELP, liveFoot, liveHead, liveLayout, liveLine } from "./layout.ts";
import { isOwn, labelOf, lastLineOf, liveRow, sortedDaemons } from "./rows.ts";
import { LiveScreen } from "./screen.ts";
import {
  FIRST_STATE,
  type LiveAction,
  type LiveState,
  type LiveView,
  nextLiveStep,
  settledState,
} from "./state.ts";

const SIGNALS = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH];
/** If nothing follows for this long, the escape key was pressed and no sequence begun. */
const ESCAPE_MS = 50;
/** How long the result of a command is shown. */
const MESSAGE_MS = 8000;
const [INPUT, SIGNAL, FIRST_COMMAND] = [0, 1, 2];
const MOST_COMMANDS = 8;
const INTERRUPT = "\x03", SUSPEND = "\x1a", REDRAW = "\x0c";

/** A list that fills the terminal, stays up to date, and has keys. @returns the exit status */
export async function liveListing(
  everyMs: number,
  look: () => Promise<Listing>,
  style: Style,
): Promise<number> {
  startBlocked();
  const live = new LiveList(everyMs, look, style);
  const signal = await live.run();
  return signal === undefined ? EXIT.done : dieBy(signalName(signal));
}

class LiveList {
  private readonly screen = new LiveScreen();
  private readonly signals = openSignalfd(SIGNALS);
  private readonly poll = new PollSet(FIRST_COMMAND + MOST_COMMANDS);
  private readonly keys = new LiveKeys();
  private commands: LiveCommand[] = [];
  private state: LiveState = FIRST_STATE;
  private listing: Listing | undefined;
  private message: { readonly text: string; readonly until: number } | undefined;
  private signal: number | undefined;
  private isOver = false;
  private due = 0;

  constructor(
    private readonly everyMs: number,
    private readonly look: () => Promise<Listing>,
    private readonly style: Style,
  ) {}

  /** @returns the signal that has ended it */
  async run(): Promise<number | undefined> {
    try {
      // A failure to list is reported on the restored screen.
      await this.refresh();
      this.screen.enter();
      while (!this.isOver) {
        if (Date.now() >= this.due) await this.refresh();
        if (!this.isOver) this.draw();
        this.wait();
      }
      return this.signal;
    } finally {
      this.screen.close();
    }
  }

  private async refresh(): Promise<void> {
    this.listing = withShares(await this.look(), this.listing);
    this.due = Date.now() + this.everyMs;
  }

  private wait(): void {
    const { poll } = this;
    poll.watch(INPUT, 0, POLLIN);
    poll.watch(SIGNAL, this.signals, POLLIN);
    for (let i = 0; i < MOST_COMMANDS; i++) {
      poll.watch(FIRST_COMMAND + i, this.commands[i]?.fd ?? -1, POLLIN);
    }
    const until = Math.max(0, this.due - Date.now());
    const ready = poll.wait(Math.ceil(this.keys.isWaiting ? Math.min(ESCAPE_MS, until) : until));
    if (ready === 0) this.keys.waited().forEach((key) => this.press(key));
    if (poll.ready(SIGNAL)) this.takeSignals();
    this.commands = this.commands.filter((command, i) => {
      const text = poll.ready(FIRST_COMMAND + i) ? command.read() : undefined;
      if (text !== undefined) this.say(text);
      return text === undefined;
    });
    if (poll.ready(INPUT)) this.read();
  }

  private takeSignals(): void {
    for (const { number } of readSignals(this.signals)) {
      if (number === SIGTSTP) this.suspend();
      else if (number === SIGWINCH || number === SIGCONT) this.screen.forget();
      else this.end(number);
    }
  }

  private read(): void {
    const bytes = readSome(0);
    if (bytes === -EAGAIN) return;
    // The terminal was closed.
    if (typeof bytes === "number" || bytes.length === 0) return this.end(undefined);
    for (const key of this.keys.take(bytes)) {
      if (this.isOver) return;
      this.press(key);
    }
  }

  private press(key: LiveKey): void {
    switch (typeof key === "string" ? "" : key.char) {
      case INTERRUPT:
        return this.end(SIGINT);
      case SUSPEND:
        return this.suspend();
      case REDRAW:
        return this.screen.forget();
    }
    this.message = undefined;
    const { state, action } = nextLiveStep(this.state, key, this.view);
    this.state = state;
    if (action) this.act(action);
  }

  private act(action: LiveAction): void {
    if (action.do === "quit") return this.end(undefined);
    const meant = this.listing?.daemons.find((one) => labelOf(one) === action.name);
    if (!meant) return this.say(`${action.name} no longer exists`);
    if (!isOwn(meant)) return this.say(`${action.name}: only its user can do that`);
    const { name } = meant.facts.daemon;
    if (action.do === "show") this.show(action.command, name);
    else this.command([action.verb, name]);
  }

  private command(words: readonly string[]): void {
    if (this.commands.length === MOST_COMMANDS) return this.say("wait until the others are done");
    try {
      this.commands.push(new LiveCommand(words));
      this.say(`imp ${words.join(" ")} …`);
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      this.say(error.message);
    }
  }

  /** Another command has the terminal, until it ends. */
  private show(command: "logs" | "attach", name: string): void {
    this.screen.leave();
    try {
      runInFront(command === "logs" ? ["logs", "-f", name] : ["attach", name]);
      // Ctrl-C was for that command.
      readSignals(this.signals);
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      this.say(error.message);
    }
    this.screen.enter();
    this.due = 0;
  }

  private suspend(): void {
    this.screen.leave();
    blockSignals(awaitedSignals().filter((number) => number !== SIGTSTP));
    stopSelf(true);
    blockSignals(awaitedSignals());
    readSignals(this.signals);
    this.screen.enter();
    this.due = 0;
  }

  private say(text: string): void {
    this.message = { text, until: Date.now() + MESSAGE_MS };
    // Its effect is shown at once.
    this.due = Math.min(this.due, Date.now() + 100);
  }

  private end(signal: number | undefined): void {
    this.isOver = true;
    this.signal ??= signal;
  }

  private get shown() {
    const { filter, sort } = this.state;
    const all = this.listing?.daemons ?? [];
    const found = filter === ""
      ? all
      : all.filter(({ facts: { daemon } }) => daemon.name.includes(filter));
    return sortedDaemons(found, sort);
  }

  private get view(): LiveView {
    // A line of titles above, one of keys below.
    const room = Math.max(1, this.screen.size.rows - 2);
    return { names: this.shown.map(labelOf), room };
  }

  private draw(): void {
    const { rows, columns: width } = this.screen.size;
    const { style } = this;
    const shown = this.shown, view = this.view;
    this.state = settledState(this.state, view);
    const { top, row, sort, mode } = this.state;
    const seen = shown.slice(top, top + view.room);
    const made = seen.map((one) => liveRow(one, this.listing!.at));
    const layout = liveLayout(made, width);
    const lines = mode === "help"
      ? [...LIVE_HELP]
      : made.map((one, i) =>
        liveLine(one, layout, style, {
          last: layout.line > 0 ? lastLineOf(seen[i]) : "",
          isChosen: top + i === row,
          width,
        })
      );
    if (lines.length === 0) {
      lines.push(this.state.filter ? "no name matches" : "no kept daemons");
    }
    const room = Math.min(view.room, Math.max(0, rows - 2));
    const body = Array.from({ length: room }, (_, i) => lines[i] ?? "");
    if (this.message && this.message.until < Date.now()) this.message = undefined;
    const place = { from: top, to: top + seen.length, of: shown.length };
    const foot = liveFoot(this.state, this.message?.text, place, width);
    const picture = rows < 2 ? [foot] : [liveHead(layout, sort, style), ...body, foot];
    this.screen.draw(picture.slice(0, rows));
  }
}
