// Pure: sockets of a daemon as a socket unit of systemd; systemd.socket(5).
import type { KeptSettings } from "../keeper/records/kept_settings.ts";
import type { KeptSocket } from "../keeper/sockets/kept_socket.ts";
import { exportHeading, wholeValue } from "./unit_text.ts";

type WithSockets = Pick<KeptSettings, "sockets" | "onDemand" | "user">;

/** The unit beside the service of that name; systemd pairs them by name. */
export function socketUnitText(name: string, { sockets = [], user }: WithSockets): string {
  const files = sockets.filter((socket) => socket.kind === "unix");
  const names = [...new Set(sockets.map((socket) => socket.name))];
  const modes = [...new Set(files.map(({ mode }) => mode.toString(8).padStart(4, "0")))];
  const [owner, group] = user?.split(":") ?? [];
  return [
    exportHeading(`${name}.socket`),
    "[Unit]",
    `Description=Sockets of ${name}`,
    "",
    "[Socket]",
    ...sockets.map(listenLine),
    "BindIPv6Only=both",
    // A unit has one name, mode and owner for all its sockets.
    ...names.length === 1 ? [`FileDescriptorName=${names[0]}`] : [
      `# names ${
        names.join(", ")
      }: a unit has one for all; FileDescriptorName= and a unit for each`,
    ],
    ...modes.length === 0 ? [] : [`SocketMode=${modes[0]}`],
    ...modes.slice(1).map((mode) => `# mode ${mode}: a unit has one for all`),
    ...files.length > 0 && owner !== undefined ? [`SocketUser=${owner}`] : [],
    ...files.length > 0 && group ? [`SocketGroup=${group}`] : [],
    ...files.length > 0 ? ["RemoveOnStop=yes"] : [],
    "",
    "[Install]",
    "WantedBy=sockets.target",
    "",
  ].join("\n");
}

function listenLine(socket: KeptSocket): string {
  if (socket.kind === "unix") {
    const path = wholeValue(socket.path);
    return path === undefined
      ? `# ${JSON.stringify(socket.path)} cannot be written in a unit`
      : `ListenStream=${path}`;
  }
  const { kind, host, port } = socket;
  const address = host === "*" ? port : `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return `${kind === "tcp" ? "ListenStream" : "ListenDatagram"}=${address}`;
}
