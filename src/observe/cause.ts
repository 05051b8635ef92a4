/** What went wrong, in one line: the messages of an error and its causes. Undefined when there is nothing to say. */
export function causeText(cause: unknown): string | undefined {
  const parts: string[] = []
  let current = cause
  // An error may be its own cause, and a chain tells little after its third link.
  for (let depth = 0; depth < 3 && current !== undefined && current !== null; depth++) {
    const part = messageOf(current)
    if (part !== '' && !parts.some((other) => other.includes(part))) parts.push(part)
    current = current instanceof Error ? current.cause : undefined
  }
  return parts.length === 0 ? undefined : parts.join(': ').replace(/\s+/g, ' ')
}

function messageOf(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause === 'string' ? cause : ''
  const { code } = cause as { code?: unknown }
  // Node's error for a host with several addresses (AggregateError) has a code and no message.
  const message = cause.message === '' ? cause.name : cause.message
  // Our own codes stand in `error` already.
  return typeof code !== 'string' || code.startsWith('SP_') || message.includes(code) ? message : `${message} (${code})`
}
