import { atBootCommand } from "../enable/at_boot_command.ts";

export const disableCommand = atBootCommand("disable", {
  description: [
    "Does not start kept daemons at boot: imp boot leaves them alone. Until then nothing changes, and imp start " +
    "starts them as before; imp enable reverts this.",
  ],
  examples: [{ line: "imp disable 'try-*'", says: "those of an experiment" }],
});
