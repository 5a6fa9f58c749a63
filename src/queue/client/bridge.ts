// `imp queue-bridge`: to the pool that started it, a host like others, which exchanges frames; on its other side, a
// queue.
import { ImpError, sentenceOf } from "../../base/errors.ts";
import { frameJson, HOST_FRAME, type HostFrame, jsonFrame, textFrame } from "../../hosts/frames.ts";
import { greetingLine, type WorkerSetup } from "../../hosts/greeting.ts";
import { ownFacts } from "../../hosts/worker/own_facts.ts";
import { type ConnectionEvent, connectQueue } from "../connection/connection.ts";
import { QueueSubjects } from "../names.ts";
import { NatsLink } from "../nats_link.ts";
import { StreamCalls } from "../stream_calls.ts";
import { openRun } from "./open_run.ts";
import type { RunClient } from "./run_client.ts";
import { PoolPipe } from "./pool_pipe.ts";
import { RemovalWatch } from "./removal_watch.ts";
import type { BridgeSettings } from "./client_settings.ts";

const LOOK_MS = 1000;
const FOR_GOOD = 1;
/** Without its pool it does not wait for servers forever: what was printed last may be printed again. */
const LAST_WORDS_MS = 5000;

/** Serves the pool until it closes or ends. */
export async function bridgePool(settings: BridgeSettings): Promise<void> {
  const frames: HostFrame[] = [];
  let heard: (frame: HostFrame) => void = (frame) =>
    void frames.push({ ...frame, payload: frame.payload.slice() });
  let wake = () => {};
  let left = () => {};
  let isGone = false;
  const pipe = new PoolPipe({
    frame: (frame) => {
      heard(frame);
      wake();
    },
    gone: () => {
      isGone = true;
      wake();
      left();
    },
  });
  pipe.send(greetingLine(ownFacts()));
  while (frames.length === 0 && !isGone) await new Promise<void>((resolve) => wake = resolve);
  const setup = frames.shift();
  if (!setup) return;
  let happened: (event: ConnectionEvent) => void = () => {};
  const over = (why: string) => pipe.send(textFrame(HOST_FRAME.failed, why, FOR_GOOD));
  const note = (text: string) => pipe.send(textFrame(HOST_FRAME.note, text));
  try {
    const connection = await connectQueue(settings.access, {
      name: `imp pool, run ${settings.run}`,
      happened: (event) => happened(event),
      warn: note,
    });
    const link = new NatsLink(connection.nats);
    let finish = () => {};
    const finished = new Promise<void>((resolve) => finish = resolve);
    let client: RunClient | undefined, removal: RemovalWatch | undefined;
    happened = (event) => {
      if (event.is === "lost") {
        note(`lost the connection to ${event.server}; trying again`);
        link.lost();
        client?.reader.lost();
      } else if (event.is === "back") {
        note(`connected to ${event.server}`);
        link.back();
        client?.reader.begin();
        removal?.lookNow();
      } else {
        over(sentenceOf(event.error));
        finish();
      }
    };
    const opened = openRun(settings, frameJson<WorkerSetup>(setup), connection, link, {
      send: (frame) => pipe.send(frame),
      note,
      done: () => finish(),
    });
    const open = await Promise.race([opened, finished]);
    if (open) {
      client = open;
      const subjects = new QueueSubjects(settings.queue);
      removal = new RemovalWatch(link, new StreamCalls(link), subjects, settings.run, (why) => {
        heard = () => {};
        open.dismiss();
        over(why);
        finish();
      });
      const looks = setInterval(() => {
        open.look();
        removal?.look();
      }, LOOK_MS);
      pipe.send(jsonFrame(HOST_FRAME.ready, { slots: settings.window }));
      heard = (frame) => open.obey(frame);
      left = () => {
        open.abandoned();
        setTimeout(finish, LAST_WORDS_MS);
      };
      for (const frame of frames.splice(0)) open.obey(frame);
      if (isGone) left();
      await finished;
      clearInterval(looks);
    }
    link.close();
    await connection.close();
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    pipe.send(textFrame(HOST_FRAME.failed, sentenceOf(error)));
  }
  while (!pipe.isIdle && !isGone) await new Promise((resolve) => setTimeout(resolve, 1));
}
