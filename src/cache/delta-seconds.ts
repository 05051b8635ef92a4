/** Longer than that is as good as for ever: RFC 9111 1.2.2. Seconds, 68 years. */
export const maxSeconds: number = 2 ** 31

/** delta-seconds of RFC 9111 1.2.2, at most `maxSeconds`. -1 when the text is none: empty, signed, with a fraction or spaces. */
export function deltaSeconds(text: string): number {
  if (text === '') return -1
  let seconds = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return -1
    if (seconds < maxSeconds) seconds = seconds * 10 + digit
  }
  return Math.min(seconds, maxSeconds)
}
