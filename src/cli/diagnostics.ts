import { configure, getLogger, getTextFormatter } from "@logtape/logtape";
import { setDiagnosticSink } from "../base/diagnostics.ts";
import { warn } from "./output.ts";

/** Sends imp's diagnostics to stderr through LogTape. Loaded only for `--verbose`. */
export async function enable(): Promise<void> {
  const format = getTextFormatter({ timestamp: "time", level: "full", category: "." });
  await configure({
    sinks: { stderr: (record) => warn(format(record).trimEnd()) },
    loggers: [
      { category: "imp", lowestLevel: "debug", sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
    ],
  });
  setDiagnosticSink((area, message, facts) => {
    const told = Object.keys(facts).map((name) => `${name}={${name}}`).join(" ");
    getLogger(["imp", area]).debug(told ? `${message} ${told}` : message, facts);
  });
}
