import type { Option } from "../../cli/options.ts";

/** Sockets that are open before it runs, and stay open while it does not. */
export const SOCKET_OPTIONS = [
  {
    group: "Sockets",
    name: "socket",
    value: "[NAME=]ADDRESS",
    many: true,
    summary:
      "open a socket and pass it on with LISTEN_FDS: tcp:8080, tcp:HOST:PORT, udp:..., unix:PATH[,mode=0660]",
  },
  {
    group: "Sockets",
    name: "on-demand",
    summary: "start it at the first connection",
  },
  {
    group: "Sockets",
    name: "idle-stop",
    value: "D",
    summary: "stop it when it has had no connection for D; the next one starts it again",
  },
] as const satisfies readonly Option[];
