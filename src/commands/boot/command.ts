import type { Command } from "../../cli/options.ts";
import { BOOT_OPTIONS, type BootOption, type BootRequest, bootRequest } from "./request.ts";

export const bootCommand: Command<BootRequest, BootOption> = {
  name: "boot",
  usage: [
    "boot [--kind KIND] [--json]",
    "boot --install | --remove [--kind KIND] [--json]",
    "boot --run | --shutdown [--json]",
  ],
  description: [
    "Has kept daemons started when the machine comes up. Without an option it changes nothing: it prints what --install would write and run, " +
    "which daemons the next boot would start, and what stands in the way.",
    "As root that is a unit of the system, else one of the user's own service manager; without systemd, an @reboot line in the crontab. Files " +
    "that imp has not written are left alone. A stop or a restart of the unit ends no daemon.",
    "Started is what is wanted to run and has not finished by itself; imp enable and imp disable say otherwise. What imp stop has stopped " +
    "stays stopped.",
  ],
  options: BOOT_OPTIONS,
  permute: true,
  examples: [
    { line: "imp boot", says: "look first" },
    { line: "sudo imp boot --install", says: "for the daemons of root" },
    { line: "imp boot --install --kind crontab", says: "by cron, although systemd runs" },
  ],
  exits: [
    ["0", "shown, installed, removed; --run: all are started"],
    ["1", "nothing here starts anything at boot, a file is not imp's; --run: one was not started"],
    ["2", "wrong usage"],
    ["125", "a file cannot be written, systemctl or crontab has failed"],
  ],
  request: bootRequest,
  run: async (request) => {
    switch (request.action) {
      case "run":
        return await (await import("./start_at_boot.ts")).startAtBoot(request.display);
      case "shutdown":
        return await (await import("./shut_down.ts")).stopAtShutdown(request.display);
      default:
        return await (await import("./install.ts")).showOrInstall(request);
    }
  },
};
