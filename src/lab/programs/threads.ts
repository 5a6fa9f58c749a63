import { Thread } from "../../multiprocessing/thread/thread.ts";
import { program, type ProgramParts, say } from "../program.ts";

const start = (name: string, daemon: boolean) =>
  new Thread({ target: `imp:lab#${name}`, daemon }).start();

/** The main programs of the scenarios with threads. */
export const threads: Readonly<Record<string, ProgramParts>> = {
  "daemon-thread": {
    main: program(async () => {
      await start("shortWork", true);
      say("main");
    }),
  },
  "daemon-thread-and-plain": {
    main: program(async () => {
      await start("bar", false);
      await start("foo", true);
      say("main-------");
    }),
  },
};
