import { ownPid } from "../../libc/processes/process.ts";
import { Pool } from "../../multiprocessing/pool/pool.ts";
import { program, type ProgramParts, say } from "../program.ts";

const HELLO = "imp:lab#hello";
const MARK = "Mark~ Mark~ Mark~~~~~~~~~~~~~~~~~~~~~~";
const DONE = "Sub-process(es) done.";

const hellos = (count: number) => Array.from({ length: count }, (_, n) => `hello ${n}`);

/** The main programs of the scenarios with pools. */
export const pools: Readonly<Record<string, ProgramParts>> = {
  "pool-apply": {
    main: program(async () => {
      const pool = new Pool(3);
      for (const message of hellos(4)) await pool.apply(HELLO, [message]);
      say(MARK);
      pool.close();
      await pool.join();
      say(DONE);
    }),
  },
  "pool-apply-async": {
    main: program(async () => {
      const pool = new Pool(3);
      for (const message of hellos(4)) pool.applyAsync(HELLO, [message]);
      say(MARK);
      pool.close();
      await pool.join();
      say(DONE);
    }),
  },
  "pool-results": {
    main: program(async () => {
      const pool = new Pool(4);
      const results = hellos(3).map((message) => pool.applyAsync(HELLO, [message]));
      pool.close();
      await pool.join();
      for (const result of results) say(`::: ${await result.get()}`);
      say(DONE);
    }),
  },
  "pool-several-functions": {
    main: program(async () => {
      say(`parent process ${ownPid()}`);
      const pool = new Pool(4);
      const errands = { lee: 10, marlon: 40, allen: 30, frank: 20 };
      for (const errand of Object.entries(errands)) pool.applyAsync("imp:lab#errand", errand);
      say("waiting for all subprocesses");
      pool.close();
      await pool.join();
      say("all subprocesses done");
    }),
  },
  "pool-join-before-close": {
    main: program(async () => {
      const pool = new Pool(2);
      try {
        await pool.join();
        say("it was not refused");
      } catch (error) {
        say(`refused: ${(error as Error).message}`);
      }
      pool.close();
      await pool.join();
      say("after close it is not");
    }),
  },
  "pool-interrupt": {
    main: program(async () => {
      const pool = new Pool(4);
      for (let n = 0; n < 5; n++) pool.applyAsync("imp:lab#busy", [n]);
      pool.close();
      await pool.join();
      say(DONE);
    }),
  },
  "pool-queue": {
    main: program(async () => {
      const { Manager } = await import("../../multiprocessing/shared/manager.ts");
      // This process must know what a manager creates before it arrives.
      await import("../../multiprocessing/shared/queue.ts");
      const manager = new Manager();
      const queue = await manager.Queue<string>();
      const pool = new Pool(3);
      const results = ["write", "read"].map((name) => pool.applyAsync(`imp:lab#${name}`, [queue]));
      pool.close();
      await pool.join();
      for (const [n, result] of results.entries()) say(`result ${n}: ${await result.get()}`);
      await manager.shutdown();
    }),
  },
};
