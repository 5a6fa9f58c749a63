import { atBootCommand } from "./at_boot_command.ts";

export const enableCommand = atBootCommand("enable", {
  description: [
    "Starts kept daemons at boot, through what imp boot --install has installed. By default a boot starts the daemons " +
    "that should be running and have not finished by themselves; an enabled one is started even if it had finished, " +
    "once at each boot.",
    "What imp stop has stopped stays stopped. Running daemons are not touched.",
  ],
  examples: [
    { line: "imp enable migrate", says: "even if its last run succeeded" },
    { line: "imp enable --all", says: "every kept daemon" },
  ],
});
