import { ownPid } from "../../libc/processes/process.ts";
import { Process } from "../../multiprocessing/process/process.ts";
import { program, type ProgramParts, rest, say } from "../program.ts";

const start = (name: string, args: unknown[] = [], daemon = false): Process => {
  const process = new Process({ target: `imp:lab#${name}`, args, daemon });
  process.start();
  return process;
};

/** The main programs of the scenarios with processes. */
export const processes: Readonly<Record<string, ProgramParts>> = {
  "two-pids": {
    main: program(async () => {
      say(`main is ${ownPid()}`);
      start("ticks");
      await rest(300);
      say("main's code ends");
    }),
  },
  "no-join": {
    main: program(() => {
      say("main starting");
      for (const n of [0, 1, 2]) start("task", [`task_${n}`]);
      say("main ending");
    }),
  },
  "child-outlives-code": {
    main: program(() => {
      say("main begins");
      start("task", ["child"]);
      say("main's code ends");
    }),
  },
  "daemon-dies-with-main": {
    main: program(() => {
      say("main begins");
      start("task", ["child"], true);
      say("main's code ends");
    }),
  },
  "daemon-with-time": {
    main: program(async () => {
      start("alive", [], true);
      await rest(5);
      say("main's code ends");
    }),
  },
  "daemon-join": {
    main: program(async () => {
      await start("shortWork", [], true).join();
      say("main");
    }),
  },
  "daemon-and-plain": {
    main: program(() => {
      start("foo", [], true);
      start("bar");
      say("main-------");
    }),
  },
  "daemon-joined-and-plain": {
    main: program(async () => {
      const foo = start("foo", [], true);
      start("bar");
      await foo.join();
      say("main-------");
    }),
  },
  "daemon-flag-after-start": {
    main: program(async () => {
      const child = start("shortWork");
      try {
        child.daemon = true;
        say("the flag was accepted");
      } catch (error) {
        say(`refused: ${(error as Error).message}`);
      }
      say(`daemon is ${child.daemon}`);
      await child.join();
    }),
  },
  "daemon-no-children": {
    main: program(async () => {
      await start("parenting", [], true).join();
      say("main");
    }),
  },
  "daemon-no-children-unseen": {
    main: program(() => {
      start("parenting", [], true);
      say("main");
    }),
  },
};
