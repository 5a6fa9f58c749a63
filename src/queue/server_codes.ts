/** Codes that NATS and JetStream servers answer with, defined only here. */

/** In the first header line of an answer from the server itself. */
export const STATUS = {
  /** Nothing there: no message to get, none for a pull. */
  none: 404,
  /** The time of a pull is over. */
  timeOver: 408,
  /** For a request without listeners. */
  noListeners: 503,
} as const;

/** `err_code` in answers of JetStream's interface. */
export const ERROR_CODE = {
  accountFull: 10002,
  tooFewServers: 10005,
  clusterUnavailable: 10008,
  noLeader: 10009,
  consumerMissing: 10014,
  resourcesFull: 10023,
  tooManyConsumers: 10026,
  tooManyStreams: 10027,
  memoryFull: 10028,
  messageMissing: 10037,
  noJetStreamInAccount: 10039,
  storageFull: 10047,
  messageTooLarge: 10054,
  /** The text says why: somebody else has deleted it, or the disk. */
  deletionFailed: 10057,
  streamExists: 10058,
  streamMissing: 10059,
  wrongLastSequence: 10071,
  replicasWithoutCluster: 10074,
  noJetStream: 10076,
  storeFailed: 10077,
} as const;
