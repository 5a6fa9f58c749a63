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
    "Sets up the start of kept daemons at boot. Without an option it changes nothing: it prints what --install would " +
    "write and run, which daemons the next boot would start, and what stands in the way.",
    "For root this is a system unit, for other users a unit of their own service manager; without systemd, an @reboot " +
    "line in the crontab. imp leaves files alone that it did not write. Stopping or restarting the unit ends no " +
    "daemon.",
    "A boot starts the daemons that should be running and have not finished; imp enable and imp disable " +
    "override this. What imp stop has stopped stays stopped.",
  ],
  options: BOOT_OPTIONS,
  permute: true,
  examples: [
    { line: "imp boot", says: "look first" },
    { line: "sudo imp boot --install", says: "for the daemons of root" },
    {
      line: "imp boot --install --kind crontab",
      says: "with cron, even though systemd is running",
    },
  ],
  exits: [
    ["0", "shown, installed, removed; --run: all were started"],
    [
      "1",
      "nothing on this machine starts daemons at boot, or a file is not imp's; --run: one was not started",
    ],
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
