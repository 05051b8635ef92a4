import type { PurgeTarget } from './store.ts'

/** A purge, as other machines are told of it. */
export interface PurgeMessage {
  readonly target: PurgeTarget
  /** A soft purge: entries become stale instead of leaving. */
  readonly soft: boolean
}

/** Carries purges between processes and machines that share a store. */
export interface PurgeBus {
  /**
   * Tells all others. Resolves when it is on its way; never rejects: what cannot be sent now is sent when the connection is
   * back.
   */
  publish(message: PurgeMessage): Promise<void>
  /**
   * Hears what others publish, never its own. Where messages may have been missed, a purge of everything is heard in their
   * place. Gives a function that ends it.
   */
  onPurge(listener: (message: PurgeMessage) => void): () => void
}
