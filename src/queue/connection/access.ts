// What is needed to reach a queue: addresses, and file names.
import type { QueueAddress } from "./address.ts";
import type { CredentialSource } from "./credentials.ts";

export interface QueueAccess {
  readonly address: QueueAddress;
  readonly credentials: CredentialSource;
  /** File with the CA certificates for servers; undefined: the system's. */
  readonly ca?: string;
  /** File with this client's certificate; its key is in another one. */
  readonly cert?: string;
  readonly key?: string;
}
