import { ImpError } from "../../base/errors.ts";
import type { QueueAccess } from "./access.ts";
import {
  connectQueue,
  type ConnectSettings,
  type QueueConnection,
  ReconnectWait,
} from "./connection.ts";
import { isOfTheMoment, mayComeLater } from "./failures.ts";

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
  let warned = false;
  const warn = (text: string) => {
    warned = true;
    settings.warn?.(text);
  };
  for (let said = false;; said = true) {
    try {
      return await connectQueue(access, { ...settings, warn: said ? undefined : warn });
    } catch (error) {
      if (!(error instanceof ImpError) || !mayComeLater(error)) throw error;
      // It has said so if it has waited for an answer.
      if (!said && !(warned && isOfTheMoment(error))) {
        settings.warn?.(`${error.message}; waiting for it`);
      }
      await new Promise((resolve) => setTimeout(resolve, wait.next()));
    }
  }
}
