// Whether anybody takes a run's jobs.
import { isUsualLane, type Lane } from "../lanes.ts";
import { NO_DATA, type QueueLink } from "../link.ts";
import { type QueueSubjects, type StreamNames, WORKERS } from "../names.ts";
import { STATUS } from "../server_codes.ts";

/** @param told undefined: unknown now */
export function isServed(
  link: QueueLink,
  { subjects, streams, lane }: {
    readonly subjects: QueueSubjects;
    readonly streams: StreamNames;
    readonly lane: Lane;
  },
  told: (served: boolean | undefined) => void,
): void {
  link.request(subjects.serves(lane), NO_DATA, undefined, (answer) => {
    if (answer?.status !== STATUS.noListeners) return told(answer && true);
    if (!isUsualLane(lane)) return told(false);
    // Workers of imp 0.3 do not answer, but take jobs of the usual lane.
    const subject = `$JS.API.CONSUMER.INFO.${streams.jobs}.${WORKERS}`;
    link.request(subject, NO_DATA, undefined, (info) => {
      told(info?.status === 0 ? hasWorkers(info.data) : undefined);
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
export function nobodyServes(queue: string, lane: Lane): string {
  const { tag } = lane;
  const words = `imp worker --on URL --queue ${queue}`;
  if (tag !== undefined) {
    return `no worker with tag ${tag} takes jobs of queue ${queue}: ${words} --tag ${tag}`;
  }
  const which = lane.priority === "normal" ? "" : ` of ${lane.priority} priority`;
  return `no worker takes ${lane.records ? "records" : "jobs"}${which} of queue ${queue}: ${words}`;
}
