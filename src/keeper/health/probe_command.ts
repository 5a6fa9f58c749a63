/** The command by which imp makes one probe in a process of its own: `imp keeper-probe RULE`. */
export const PROBE_COMMAND = "keeper-probe";
