import { assertEquals } from "@std/assert";
import { chooseGroup, type Surroundings } from "../../src/init/job_control.ts";

Deno.test("where the program belongs", () => {
  const shell: Surroundings = {
    session: "job",
    toGroup: false,
    hasTerminal: true,
    leadsSession: false,
    leadsGroup: true,
    piped: false,
  };
  assertEquals(chooseGroup(shell), "own");
  assertEquals(chooseGroup({ ...shell, piped: true }), "shared", "imp init -- prog | less");
  assertEquals(chooseGroup({ ...shell, leadsGroup: false }), "shared", "a script");
  assertEquals(chooseGroup({ ...shell, piped: true, toGroup: true }), "own", "-g asks for it");
  assertEquals(chooseGroup({ ...shell, piped: true, hasTerminal: false }), "own", "a service");
  assertEquals(chooseGroup({ ...shell, piped: true, leadsSession: true }), "own", "a container");
  assertEquals(chooseGroup({ ...shell, session: "new" }), "session");
  assertEquals(chooseGroup({ ...shell, session: "same" }), "shared");
});
