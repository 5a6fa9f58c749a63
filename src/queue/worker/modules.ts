import { digestOf, fetchModule, type StoredModule } from "../module_store.ts";
import type { QueueSubjects, StreamNames } from "../names.ts";
import type { StreamCalls } from "../stream_calls.ts";

/** A module, or why there is none. */
export type FetchedModule = { readonly bytes: Uint8Array } | { readonly why: string };

/** The latest ones are kept: jobs of a run come one after the other. */
const MOST_HELD = 4;

/** Modules of runs, each fetched once and verified by its hash. */
export class Modules {
  private readonly held = new Map<string, Promise<FetchedModule>>();

  constructor(
    private readonly calls: StreamCalls,
    private readonly subjects: QueueSubjects,
    private readonly streams: StreamNames,
  ) {}

  get(module: StoredModule): Promise<FetchedModule> {
    const { digest } = module;
    let found = this.held.get(digest);
    if (!found) {
      found = this.fetch(module);
      if (this.held.size >= MOST_HELD) this.held.delete(this.held.keys().next().value!);
      this.held.set(digest, found);
    }
    return found;
  }

  private async fetch(module: StoredModule): Promise<FetchedModule> {
    const bytes = await fetchModule(this.calls, this.subjects, this.streams, module);
    if (bytes && digestOf(bytes) === module.digest) return { bytes };
    this.held.delete(module.digest);
    const why = bytes
      ? "what the queue has of its module is not what was stored: its hash differs"
      : "its module is no longer in the queue";
    return { why };
  }
}
