import { Thread } from "../../multiprocessing/thread/thread.ts";
import type { ProgramParts } from "../part.ts";
import { say } from "../program.ts";
import { program } from "./main.ts";

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
