import { atBootCommand } from "./at_boot_command.ts";

export const enableCommand = atBootCommand("enable", {
  description: [
    "Has kept daemons started when the machine comes up, by what imp boot --install has installed. Without it, what is wanted to run is " +
    "started too, unless it had finished by itself: enabled, that is started as well, once at each boot.",
    "What imp stop has stopped stays stopped. A daemon that runs is not touched.",
  ],
  examples: [
    { line: "imp enable migrate", says: "also when its last run has ended well" },
    { line: "imp enable --all", says: "every kept daemon" },
  ],
});
