// Pure: what the live list shows, and what keys change: state × key.
import type { LiveKey } from "./keys.ts";

const SORTS = ["name", "state", "cpu", "memory", "restarts"] as const;
export type LiveSort = typeof SORTS[number];

export type LiveVerb = "restart" | "stop" | "start";

export interface LiveState {
  readonly sort: LiveSort;
  readonly filter: string;
  /** `filter`: its text is typed; `help`: keys are shown; otherwise a command awaits confirmation. */
  readonly mode: "list" | "filter" | "help" | { readonly verb: LiveVerb; readonly name: string };
  /** The name of the chosen daemon, kept when others come and go; and its row, in case it goes. */
  readonly chosen: string | undefined;
  readonly row: number;
  /** The first row that is shown. */
  readonly top: number;
}

export const FIRST_STATE: LiveState = {
  sort: "name",
  filter: "",
  mode: "list",
  chosen: undefined,
  row: 0,
  top: 0,
};

/** What else must be done. */
export type LiveAction =
  | { readonly do: "quit" }
  | { readonly do: "run"; readonly verb: LiveVerb; readonly name: string }
  | { readonly do: "show"; readonly command: "logs" | "attach"; readonly name: string };

export interface LiveStep {
  readonly state: LiveState;
  readonly action?: LiveAction;
}

/** The names listed now, in order, and how many rows fit. */
export interface LiveView {
  readonly names: readonly string[];
  readonly room: number;
}

/** Follows the chosen one, and keeps it in sight. */
export function settledState(state: LiveState, { names, room }: LiveView): LiveState {
  const found = state.chosen === undefined ? -1 : names.indexOf(state.chosen);
  const row = Math.max(0, Math.min(found >= 0 ? found : state.row, names.length - 1));
  const most = Math.max(0, names.length - room);
  const top = Math.max(0, Math.min(most, Math.max(Math.min(state.top, row), row - room + 1)));
  return { ...state, row, top, chosen: names[row] };
}

export function nextLiveStep(state: LiveState, key: LiveKey, view: LiveView): LiveStep {
  if (state.mode === "filter") return { state: filtering(state, key, view) };
  if (state.mode === "help") {
    return { state: { ...state, mode: "list" } };
  }
  if (state.mode !== "list") return confirming(state, state.mode, key);
  return listing(state, key, view);
}

function listing(state: LiveState, key: LiveKey, view: LiveView): LiveStep {
  const { row, chosen: name } = state;
  const { names, room } = view;
  const go = (to: number): LiveStep => {
    const at = Math.max(0, Math.min(names.length - 1, to));
    return { state: settledState({ ...state, row: at, chosen: names[at] }, view) };
  };
  const ask = (verb: LiveVerb): LiveStep => ({
    state: name === undefined ? state : { ...state, mode: { verb, name } },
  });
  const act = (action: (name: string) => LiveAction): LiveStep =>
    name === undefined ? { state } : { state, action: action(name) };
  switch (typeof key === "string" ? key : key.char) {
    case "up":
    case "k":
      return go(row - 1);
    case "down":
    case "j":
      return go(row + 1);
    case "page-up":
      return go(row - room);
    case "page-down":
    case " ":
      return go(row + room);
    case "home":
    case "g":
      return go(0);
    case "end":
    case "G":
      return go(names.length - 1);
    case "r":
      return ask("restart");
    case "s":
      return ask("stop");
    case "S":
      return act((name) => ({ do: "run", verb: "start", name }));
    case "l":
    case "enter":
      return act((name) => ({ do: "show", command: "logs", name }));
    case "a":
      return act((name) => ({ do: "show", command: "attach", name }));
    case "/":
      return { state: { ...state, mode: "filter" } };
    case "escape":
      return { state: settledState({ ...state, filter: "" }, view) };
    case "o":
      return { state: { ...state, sort: SORTS[(SORTS.indexOf(state.sort) + 1) % SORTS.length] } };
    case "?":
    case "h":
      return { state: { ...state, mode: "help" } };
    case "q":
      return { state, action: { do: "quit" } };
    default:
      return { state };
  }
}

/** A single key ends nothing that runs. */
function confirming(
  state: LiveState,
  { verb, name }: { readonly verb: LiveVerb; readonly name: string },
  key: LiveKey,
): LiveStep {
  const back: LiveState = { ...state, mode: "list" };
  const yes = typeof key !== "string" && key.char === "y";
  return yes ? { state: back, action: { do: "run", verb, name } } : { state: back };
}

function filtering(state: LiveState, key: LiveKey, view: LiveView): LiveState {
  const { filter } = state;
  switch (key) {
    case "enter":
      return settledState({ ...state, mode: "list" }, view);
    case "escape":
      return { ...state, mode: "list", filter: "" };
    case "backspace":
      return { ...state, filter: [...filter].slice(0, -1).join("") };
  }
  // Keys that move the selection have no meaning in a text.
  if (typeof key === "string" || key.char < " ") return state;
  return { ...state, filter: filter + key.char };
}
