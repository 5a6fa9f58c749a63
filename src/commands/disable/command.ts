import { atBootCommand } from "../enable/at_boot_command.ts";

export const disableCommand = atBootCommand("disable", {
  description: [
    "Has kept daemons left alone when the machine comes up: imp boot does not start them. They are what they are until then, and imp start " +
    "starts them as before; imp enable takes it back.",
  ],
  examples: [{ line: "imp disable 'try-*'", says: "those of an experiment" }],
});
