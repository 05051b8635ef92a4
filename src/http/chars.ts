/** Characters of a token, RFC 9110 5.6.2, by code. 1 is yes. */
export const isTokenChar: Uint8Array = new Uint8Array(256)
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  isTokenChar[char.charCodeAt(0)] = 1
}

/** Characters of a field value or a reason phrase, RFC 9110 5.5: HTAB, SP, visible, obs-text. 1 is yes. */
export const isTextChar: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) =>
  code === 9 || (code >= 32 && code !== 127) ? 1 : 0,
)

/** Values of hex digits, by code; 255 is no digit. */
export const hexValue: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(code | 32))
  return digit === -1 || (digit > 9 && code < 65) || (digit <= 9 && code < 48) ? 255 : digit
})

export const isToken = (text: string): boolean => text !== '' && isAll(text, isTokenChar)
export const isText = (text: string): boolean => isAll(text, isTextChar)

/** Bytes as text, one character each. */
export function latin1(bytes: Buffer, from = 0, to: number = bytes.length): string {
  // Buffer's own method behind toString('latin1'), without the look-up of the encoding; the types leave it out.
  return (bytes as Buffer & { latin1Slice(from: number, to: number): string }).latin1Slice(from, to)
}

function isAll(text: string, table: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (table[text.charCodeAt(i)] !== 1) return false
  return true
}
