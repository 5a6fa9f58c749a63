import { assertEquals } from "@std/assert";
import { DEFAULTS } from "../../../src/init/settings.ts";
import { END_RULE, TABLE_BYTES, TO_GROUP } from "../../../src/init/rest/rest_page.ts";
import {
  askedAtEnd,
  endRule,
  forwardingTable,
  type RestSituation,
  setOfSignals,
  signalsInSet,
  thoughtSignals,
} from "../../../src/init/rest/tables.ts";
import { awaitedSignals, forwarded, type GroupPlan } from "../../../src/init/forwarding.ts";
import { SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP } from "../../../src/libc/abi.ts";

function situation(of: Partial<RestSituation> = {}): RestSituation {
  return {
    settings: DEFAULTS,
    plan: "own",
    leadsSession: false,
    hasTerminal: false,
    isFirst: false,
    ...of,
  };
}

Deno.test("init at rest forwards what init forwards, to whom init does", () => {
  const rewrites = new Map([[SIGTERM, SIGINT], [SIGHUP, 0], [64, 9]]);
  for (const plan of ["own", "shared", "session"] as GroupPlan[]) {
    for (const leadsSession of [false, true]) {
      for (const toGroup of [false, true]) {
        for (const byKernel of [false, true]) {
          const settings = { ...DEFAULTS, rewrites, toGroup };
          const table = forwardingTable(situation({ settings, plan, leadsSession }), byKernel);
          assertEquals(table.length, TABLE_BYTES);
          for (let number = 0; number < TABLE_BYTES; number++) {
            const awaited = number !== SIGCHLD && awaitedSignals().includes(number);
            const to = awaited ? forwarded({ number, byKernel }, rewrites, plan, leadsSession) : 0;
            const whole = to !== 0 &&
              (plan === "session" || plan === "own" && (toGroup || to === SIGCONT));
            assertEquals(table[number], to | (whole ? TO_GROUP : 0), `${plan} ${number}`);
          }
        }
      }
    }
  }
});

Deno.test("at the end of the program init at rest decides only what takes no thought", () => {
  const { alone, leave, ask, thinkOfInterrupt } = END_RULE;
  assertEquals(endRule(situation()), alone | thinkOfInterrupt);
  assertEquals(endRule(situation({ isFirst: true })), alone);
  assertEquals(endRule(situation({ hasTerminal: true })), 0);
  const tini = { ...DEFAULTS, leftovers: "leave", dieByInterrupt: false } as const;
  assertEquals(endRule(situation({ settings: tini })), leave);
  assertEquals(endRule(situation({ settings: tini, hasTerminal: true })), 0);
  const dumb = { ...DEFAULTS, leftovers: "ask", stopsOnSignal: true } as const;
  assertEquals(endRule(situation({ settings: dumb })), ask);
  assertEquals(askedAtEnd(situation({ settings: dumb, plan: "session" }), 7), -7);
  assertEquals(askedAtEnd(situation({ settings: dumb, plan: "shared" }), 7), 7);
  assertEquals(askedAtEnd(situation({ settings: tini }), 7), 0);
  assertEquals(askedAtEnd(situation(), 7), -7);
  assertEquals(askedAtEnd(situation({ plan: "shared" }), 7), 0);
  assertEquals(askedAtEnd(situation({ isFirst: true, plan: "shared" }), 7), -1);
  assertEquals(thoughtSignals(situation()), []);
  assertEquals(thoughtSignals(situation({ settings: dumb })).includes(SIGTSTP), true);
});

Deno.test("sets of signals", () => {
  const numbers = [1, 17, 31, 32, 33, 64];
  assertEquals(signalsInSet(setOfSignals(numbers)), numbers);
  assertEquals(setOfSignals([64]), 1n << 63n);
  assertEquals(signalsInSet(0n), []);
});
