/** Receives imp's own diagnostics; `--verbose` installs one (cli/diagnostics.ts). */
export type DiagnosticSink = (
  area: string,
  message: string,
  facts: Record<string, unknown>,
) => void;

let sink: DiagnosticSink | undefined;

export function setDiagnosticSink(receiver: DiagnosticSink | undefined): void {
  sink = receiver;
}

/** Reports what imp is doing, for `--verbose`. Costs nothing when nobody listens. */
export function debug(area: string, message: string, facts: Record<string, unknown> = {}): void {
  sink?.(area, message, facts);
}

/** Whether anybody listens: for facts that are costly to gather. */
export function diagnosing(): boolean {
  return sink !== undefined;
}
