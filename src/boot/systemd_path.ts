// Pure: a job that runs when something changes, as a path unit of systemd; systemd.path(5).
import type { KeptSettings } from "../keeper/records/kept_settings.ts";
import { exportHeading, wholeValue } from "./unit_text.ts";

type OnChange = NonNullable<KeptSettings["onChange"]>;

/** Whether systemd can express it: path units cannot restart what runs. */
export function isJobOnChange(
  { onChange, restart, schedule }: Pick<KeptSettings, "onChange" | "restart" | "schedule">,
): boolean {
  return onChange !== undefined && restart === "no" && schedule === undefined;
}

export function pathUnitText(name: string, { paths, ignore }: OnChange): string {
  return [
    exportHeading(`${name}.path`),
    "[Unit]",
    `Description=Changes that ${name} waits for`,
    "",
    "[Path]",
    "# systemd looks at a directory itself, not at what is below its subdirectories.",
    ...paths.map((path) => {
      const value = wholeValue(path);
      return value === undefined
        ? `# --on-change ${JSON.stringify(path)}: it cannot be written in a unit`
        : `PathModified=${value}`;
    }),
    ...ignore.length > 0
      ? [`# --ignore ${ignore.map((one) => JSON.stringify(one)).join(" ")}: nothing is left out`]
      : [],
    "",
    "[Install]",
    "WantedBy=paths.target",
    "",
  ].join("\n");
}
