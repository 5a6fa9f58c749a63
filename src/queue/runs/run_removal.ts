// Removes the messages of a run from a stream.
import type { QueueConnection } from "../connection/connection.ts";
import { apiCode } from "../connection/failures.ts";
import { isAtLeast, PURGES_SINCE } from "../connection/versions.ts";
import { ERROR_CODE } from "../server_codes.ts";
import { messagesOf } from "./stream_reader.ts";

/** Most concurrent requests. */
const AT_ONCE = 256;

/** Removes all messages of these subjects, and no others: {@link PURGES_SINCE}. */
export async function removeMessages(
  connection: QueueConnection,
  stream: string,
  filter: string,
): Promise<void> {
  const { manager, version } = connection;
  if (isAtLeast(version, PURGES_SINCE)) await manager.streams.purge(stream, { filter });
  else await deleteEach(connection, stream, filter);
}

async function deleteEach(
  connection: QueueConnection,
  stream: string,
  filter: string,
): Promise<void> {
  const { manager } = connection;
  const under = new Set<Promise<void>>();
  let failure: unknown;
  for await (const seq of placesOf(connection, stream, filter)) {
    if (under.size >= AT_ONCE) await Promise.race(under);
    if (failure !== undefined) break;
    const one: Promise<void> = manager.streams.deleteMessage(stream, seq, false).then(
      () => void under.delete(one),
      (error) => {
        under.delete(one);
        if (!isAlreadyGone(error)) failure ??= error;
      },
    );
    under.add(one);
  }
  await Promise.all(under);
  if (failure !== undefined) throw failure;
}

/** A worker or another command was faster. */
function isAlreadyGone(error: unknown): boolean {
  const code = apiCode(error);
  return code === ERROR_CODE.messageMissing ||
    code === ERROR_CODE.deletionFailed && /no message found/.test((error as Error).message);
}

/** The sequence numbers of messages with these subjects. */
async function* placesOf(connection: QueueConnection, stream: string, filter: string) {
  const { manager } = connection;
  if ((await manager.streams.info(stream)).config.retention !== "workqueue") {
    const all = messagesOf(connection, stream, filter, { headersOnly: true });
    for await (const { seq } of all) yield seq;
    return;
  }
  // Only workers may have a consumer of jobs.
  for (let seq = 1;;) {
    const next = await manager.direct.getMessage(stream, { seq, next_by_subj: filter });
    if (!next) return;
    yield next.seq;
    seq = next.seq + 1;
  }
}
