import { STATUS_CODES } from 'node:http'

/**
 * The body of an answer that the proxy itself gives: JSON, or a page where Accept prefers HTML (RFC 9110 12.5.1). Says
 * what `errorTable` or a refusal says, and nothing of the upstream.
 */
export function errorBody(
  accept: string | undefined,
  status: number,
  code: string,
  text: string,
  requestId: string,
): { type: string; body: string } {
  const error = STATUS_CODES[status] ?? 'Error'
  if (accept !== undefined && prefersHtml(accept)) {
    return { type: 'text/html; charset=utf-8', body: page(status, error, code, text, requestId) }
  }
  const body = JSON.stringify({ statusCode: status, code, error, message: text, requestId })
  // Should a browser take it for HTML after all, there is no tag in it.
  return { type: 'application/json; charset=utf-8', body: body.replace(/[<>&]/g, unicodeEscape) }
}

/** Ranges of an Accept field that are looked at. */
const mostRanges = 32

function prefersHtml(accept: string): boolean {
  let html = none
  let json = none
  for (const range of accept.toLowerCase().split(',', mostRanges)) {
    const semicolon = range.indexOf(';')
    const type = (semicolon === -1 ? range : range.slice(0, semicolon)).trim()
    const q = semicolon === -1 ? 1 : quality(range.slice(semicolon))
    html = moreSpecific(html, specificity(type, 'text/html', 'text/*'), q)
    json = moreSpecific(json, specificity(type, 'application/json', 'application/*'), q)
  }
  return html.q > json.q
}

interface Preference {
  readonly q: number
  readonly specific: number
}

const none: Preference = { q: 0, specific: 0 }

const moreSpecific = (known: Preference, specific: number, q: number): Preference =>
  specific > known.specific ? { q, specific } : known

function specificity(range: string, type: string, group: string): number {
  if (range === type) return 3
  if (range === group) return 2
  return range === '*/*' ? 1 : 0
}

/** RFC 9110 12.4.2 */
function quality(parameters: string): number {
  const q = /;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*(?:;|$)/.exec(parameters)?.[1]
  return q === undefined ? 1 : Number(q)
}

function page(status: number, error: string, code: string, text: string, requestId: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${status} ${escapeHtml(error)}</title>
<style>
body { margin: 15vh auto; max-width: 36rem; padding: 0 1.5rem; font: 1rem/1.5 system-ui, sans-serif; color-scheme: light dark }
h1 { font-size: 1.5rem }
small { opacity: .7 }
</style>
</head>
<body>
<h1>${status} ${escapeHtml(error)}</h1>
<p>${escapeHtml(text)}</p>
<p><small>${escapeHtml(code)} &middot; ${escapeHtml(requestId)}</small></p>
</body>
</html>
`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => entities[c] as string)

const unicodeEscape = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
