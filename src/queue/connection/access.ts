// What is needed to reach a queue: addresses, and names of files.
import type { QueueAddress } from "./address.ts";
import type { CredentialSource } from "./credentials.ts";

export interface QueueAccess {
  readonly address: QueueAddress;
  readonly credentials: CredentialSource;
  /** File with the certificates of those who may sign the servers'; undefined: the machine's. */
  readonly ca?: string;
  /** File with this client's certificate, with its key in another one. */
  readonly cert?: string;
  readonly key?: string;
}
