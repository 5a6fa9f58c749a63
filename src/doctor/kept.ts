import { ImpError } from "../base/errors.ts";
import { keeperHome } from "../keeper/home.ts";
import { keptNames } from "../keeper/kept_names.ts";
import type { KeptFacts } from "../keeper/observe/kept_facts.ts";
import { observeMany } from "../keeper/observe/observe_many.ts";
import type { Finding } from "./finding.ts";

/** This user's kept daemons; undefined if they cannot be listed. */
export function readKept(): KeptFacts[] | undefined {
  try {
    const home = keeperHome();
    return observeMany(home, keptNames(home), false);
  } catch (error) {
    // A user without HOME has none.
    if (error instanceof ImpError) return undefined;
    throw error;
  }
}

/**
 * Whether kept daemons are being kept: a daemon that failed by itself is its owner's concern, and shown by imp list.
 */
export function judgeKeptDaemons(facts: readonly KeptFacts[] | undefined): Finding {
  const check = "kept-daemons";
  if (!facts || facts.length === 0) {
    return {
      check,
      grade: "good",
      fact: "this user has no kept daemons",
      meaning: "imp start NAME -- PROGRAM starts one",
      data: { daemons: [] },
    };
  }
  const daemons = facts.map(({ daemon, notes }) => ({
    name: daemon.name,
    state: daemon.phase,
    notes: notes.map(({ short }) => short),
  }));
  const troubled = daemons.filter(({ state, notes }) =>
    state === "lost" || state === "unknown" || notes.length > 0
  );
  const many = daemons.length === 1 ? "1 kept daemon" : `${daemons.length} kept daemons`;
  if (troubled.length === 0) {
    return {
      check,
      grade: "good",
      fact: `${many}, each with its keepers`,
      meaning: "imp notices when they end; imp list shows their states",
      data: { daemons },
    };
  }
  const list = troubled.map(({ name, state, notes }) =>
    `${name} (${[...(notes.length > 0 ? [] : [state]), ...notes].join(", ")})`
  );
  return {
    check,
    grade: "warning",
    fact: `${many}, not all of them kept as they should be: ${list.join(", ")}`,
    meaning: daemons.some(({ state, notes }) => state === "lost" || notes.includes("unkept"))
      ? "nobody notices when a daemon without a keeper ends, and nobody restarts it"
      : "a keeper without a guard acts as before, but is not replaced when it is killed too",
    advice: "imp status NAME says what is wrong and what helps",
    data: { daemons },
  };
}
