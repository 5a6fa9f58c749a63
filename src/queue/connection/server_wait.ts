import { ImpError } from "../../base/errors.ts";
import type { QueueAccess } from "./access.ts";
import {
  connectQueue,
  type ConnectSettings,
  type QueueConnection,
  ReconnectWait,
} from "./connection.ts";
import { mayComeLater } from "./failures.ts";

/**
 * Connects like {@link connectQueue}, for a process that stays: unreachable servers are retried for as long as it
 * takes. Waiting is reported once.
 * @throws ImpError if waiting would not help: wrong credentials, another CA, no JetStream
 */
export async function connectWhenThere(
  access: QueueAccess,
  settings: ConnectSettings,
): Promise<QueueConnection> {
  const wait = new ReconnectWait();
  for (let said = false;; said = true) {
    try {
      return await connectQueue(access, said ? { ...settings, warn: undefined } : settings);
    } catch (error) {
      if (!(error instanceof ImpError) || !mayComeLater(error)) throw error;
      if (!said) settings.warn?.(`${error.message}; waiting for it`);
      await new Promise((resolve) => setTimeout(resolve, wait.next()));
    }
  }
}
