/** The command by which imp makes one probe in a separate process: `imp keeper-probe RULE`. */
export const PROBE_COMMAND = "keeper-probe";
