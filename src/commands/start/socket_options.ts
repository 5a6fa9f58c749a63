import type { Option } from "../../cli/options.ts";

/** Sockets that are open before it runs, and stay open when it does not. */
export const SOCKET_OPTIONS = [
  {
    group: "Sockets",
    name: "socket",
    value: "[NAME=]ADDRESS",
    many: true,
    summary:
      "open it and hand it over by LISTEN_FDS: tcp:8080, tcp:HOST:PORT, udp:…, unix:PATH[,mode=0660]",
  },
  {
    group: "Sockets",
    name: "on-demand",
    summary: "start it when somebody connects, not before",
  },
  {
    group: "Sockets",
    name: "idle-stop",
    value: "D",
    summary: "stop it when nobody has been connected for D; the next connection starts it again",
  },
] as const satisfies readonly Option[];
