/**
 * Text for a line of plain text, as Apache writes it: `\"`, `\\`, and `\xHH` for control characters and for what is above
 * 7E. Cut off with `...` at `limit` characters. The result is printable ASCII: it can neither end the line nor speak to a
 * terminal.
 */
export function escapeText(text: string, limit: number): string {
  if (text.length <= limit && plainText.test(text)) return text
  return escapeAll(text, limit, textEscape)
}

/** The same for a value of a JSON line, where JSON itself escapes quotes, backslashes and control characters below 20. */
export function escapeJson(text: string, limit: number): string {
  if (text.length <= limit && plainJson.test(text)) return text
  return escapeAll(text, limit, jsonEscape)
}

const plainText = /^[ !#-[\]-~]*$/
const plainJson = /^[\0-~]*$/

function escapeAll(text: string, limit: number, escapeOne: (code: number) => string | undefined): string {
  let escaped = ''
  for (let i = 0; i < text.length; i++) {
    const piece = escapeOne(text.charCodeAt(i)) ?? text.charAt(i)
    if (escaped.length + piece.length > limit) return `${escaped}...`
    escaped += piece
  }
  return escaped
}

function textEscape(code: number): string | undefined {
  if (code === 0x22) return '\\"'
  if (code === 0x5c) return '\\\\'
  return code < 0x20 ? hex(code) : jsonEscape(code)
}

// C1 controls (9B is a terminal's CSI), NEL and U+2028 end lines or move cursors, and JSON lets them pass.
function jsonEscape(code: number): string | undefined {
  return code > 0x7e ? hex(code) : undefined
}

function hex(code: number): string {
  // Fields come as latin1: one character is one byte. More can only come from our own messages.
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
