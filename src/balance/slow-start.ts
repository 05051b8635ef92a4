export interface SlowStart {
  /** Milliseconds until the whole share. */
  readonly window: number
  /** 1 grows in a line; more grows faster at first. */
  readonly aggression: number
  /** The least share, 0 to 1. */
  readonly minimum: number
}

/**
 * Share of its weight that an upstream gets `since` milliseconds after it came (back), 0 to 1. Envoy:
 * `max(minimum, (max(t, 1) / window) ^ (1 / aggression))`, with t and window in seconds.
 */
export function slowStartShare(settings: SlowStart, since: number): number {
  const { window, aggression, minimum } = settings
  if (since >= window) return 1
  return Math.max(minimum, (Math.max(since, 1000) / window) ** (1 / aggression))
}
