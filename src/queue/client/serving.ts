// Whether anybody takes a run's jobs.
import { isUsualLane, type Lane, USUAL_LANE } from "../lanes.ts";
import { NO_DATA, type QueueLink } from "../link.ts";
import { type QueueSubjects, type StreamNames, WORKERS } from "../names.ts";
import { STATUS } from "../server_codes.ts";

/** `others`: workers of imp 0.3, which see neither priorities nor tags nor records. */
export type Served = "yes" | "no" | "others";

/** Whether that is known, and nobody takes the jobs. */
export function isUnserved(served: Served | undefined): served is "no" | "others" {
  return served !== undefined && served !== "yes";
}

/** @param told undefined: unknown now */
export function isServed(
  link: QueueLink,
  { subjects, streams, lane }: {
    readonly subjects: QueueSubjects;
    readonly streams: StreamNames;
    readonly lane: Lane;
  },
  told: (served: Served | undefined) => void,
): void {
  link.request(subjects.serves(lane), NO_DATA, undefined, (answer) => {
    if (answer?.status !== STATUS.noListeners) return told(answer && "yes");
    // Workers of imp 0.3 do not answer, but take jobs of the usual lane.
    const subject = `$JS.API.CONSUMER.INFO.${streams.jobs}.${WORKERS}`;
    link.request(subject, NO_DATA, undefined, (info) => {
      if (info?.status !== 0) return told(undefined);
      if (!hasWorkers(info.data)) return told("no");
      if (isUsualLane(lane)) return told("yes");
      // Newer ones answer for usual jobs, whatever else they take.
      link.request(subjects.serves(USUAL_LANE), NO_DATA, undefined, (newer) => {
        told(newer && (newer.status === STATUS.noListeners ? "others" : "no"));
      });
    });
  });
}

/** Whether some worker waits for jobs, or has some. @param info of a consumer */
function hasWorkers(info: Uint8Array): boolean {
  const { num_waiting: waiting, num_ack_pending: taken } = JSON.parse(
    new TextDecoder().decode(info),
  );
  return waiting !== 0 || taken !== 0;
}

/** What to do if none does. */
export function nobodyServes(queue: string, lane: Lane, served: "no" | "others"): string {
  const { tag } = lane;
  const old = served === "others"
    ? "; the workers there are of imp 0.3, which does not see such jobs: update them"
    : "";
  const words = `imp worker --on URL --queue ${queue}`;
  if (tag !== undefined) {
    return `no worker with tag ${tag} takes jobs of queue ${queue}: ${words} --tag ${tag}${old}`;
  }
  const which = lane.priority === "normal" ? "" : ` of ${lane.priority} priority`;
  return `no worker takes ${
    lane.records ? "records" : "jobs"
  }${which} of queue ${queue}: ${words}${old}`;
}
