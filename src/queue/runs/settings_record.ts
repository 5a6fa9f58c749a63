import { queueFailure } from "../connection/failures.ts";
import { describeQueue, type QueueSettings, readQueueSettings } from "../queue_settings.ts";
import type { RunReader } from "./run_reader.ts";

const NS_PER_MS = 1e6;

/** The settings of an existing queue. */
export async function settingsOf(
  { connection: { manager }, streams }: Pick<RunReader, "connection" | "streams">,
): Promise<QueueSettings> {
  return readQueueSettings((await manager.streams.info(streams.jobs)).config.description);
}

type Change = { readonly [K in keyof QueueSettings]?: QueueSettings[K] | "none" };

/** Changes the given settings and leaves the rest. @returns the settings now in force */
export async function changeSettings(
  reader: RunReader,
  change: Change,
): Promise<QueueSettings> {
  const { connection: { manager }, streams, queue } = reader;
  const before = await settingsOf(reader);
  const settings = Object.fromEntries(
    (["keepAge", "keepSize", "rate"] as const).map((name) => {
      const value = change[name] ?? before[name];
      return [name, value === "none" ? undefined : value];
    }),
  ) as QueueSettings;
  try {
    await manager.streams.update(streams.jobs, { description: describeQueue(settings) });
    if (settings.keepAge !== undefined) await allowAge(reader, settings.keepAge);
    // Workers that miss it check by themselves later.
    reader.connection.nats.publish(reader.subjects.settings);
  } catch (error) {
    throw queueFailure(error, "set", `queue ${queue}`);
  }
  return settings;
}

/** The servers themselves remove what nobody else does; not before it may be removed. */
async function allowAge(
  { connection: { manager }, streams }: RunReader,
  keepAge: number,
): Promise<void> {
  for (const stream of [streams.results, streams.runs]) {
    const { max_age } = (await manager.streams.info(stream)).config;
    const needed = 2 * keepAge * NS_PER_MS;
    if (max_age > 0 && max_age < needed) await manager.streams.update(stream, { max_age: needed });
  }
}
