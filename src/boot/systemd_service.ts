// Pure: a kept daemon as a systemd service.
import type { KeptSettings } from "../keeper/records/kept_settings.ts";
import { serviceLines, type ServiceToExport } from "./service_rows.ts";
import { exportHeading, spanText } from "./unit_text.ts";

/** @param scheduled a timer, or its socket, starts it: nothing else does */
export function serviceUnitText(one: ServiceToExport, scheduled: boolean): string {
  const { settings, of } = one;
  const { name, maxRestarts } = settings;
  return [
    exportHeading(`${name}.service`),
    "[Unit]",
    `Description=${name}`,
    ...of === "system" ? ["After=network.target"] : [],
    ...(settings.project?.depends ?? []).filter((on) => !on.includes(":")).flatMap((on) => [
      `Wants=${on}.service`,
      `After=${on}.service`,
    ]),
    ...maxRestarts
      ? [
        `StartLimitIntervalSec=${spanText(maxRestarts.withinMs)}`,
        // The first start counts as well.
        `StartLimitBurst=${maxRestarts.count + 1}`,
      ]
      : ["StartLimitIntervalSec=0"],
    "",
    "[Service]",
    ...typeLines(settings),
    ...serviceLines(one),
    ...scheduled
      ? []
      : ["", "[Install]", `WantedBy=${of === "system" ? "multi-user" : "default"}.target`],
    "",
  ].join("\n");
}

function typeLines({ forking, ready, watchdogMs }: KeptSettings): string[] {
  if (forking) return ["Type=forking"];
  if (ready.includes("notify")) return ["Type=notify", "NotifyAccess=all"];
  return ["Type=exec", ...watchdogMs === undefined ? [] : ["NotifyAccess=all"]];
}
