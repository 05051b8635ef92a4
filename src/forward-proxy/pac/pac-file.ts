import type { PacOptions } from './pac-options.ts'
import { readPac } from './read-pac.ts'

/** The media type that all clients take a PAC file by. */
export const pacType = 'application/x-ns-proxy-autoconfig'

/**
 * Where clients that look for a PAC file on their own (WPAD) ask: `http://wpad.<their domain>/wpad.dat`, over plain HTTP, with
 * the host `wpad...`. It is answered only where it is asked for by option: whoever controls that name controls the way out of
 * every client, so it belongs to a network whose DNS is one's own.
 */
export const wpadPath = '/wpad.dat'

/**
 * A PAC file: a script with `FindProxyForURL(url, host)`, in the old JavaScript that all clients know. It holds the options as
 * JSON literals and nothing of them as code.
 * @throws OptionError that names the entry
 */
export function pacFile(options: PacOptions, option = 'pac'): string {
  const { ways, domains, v4, v6, plain, loopback, resolve } = readPac(option, options)
  const exact = domains.filter(({ apex }) => apex).map(({ name }) => name)
  const below = domains.map(({ name }) => `.${name}`)
  const lines = [
    `var ways = ${literal(ways)};`,
    `var exact = ${literal(exact)};`,
    `var below = ${literal(below)};`,
    `var v4 = ${literal(v4.map(({ address, mask }) => [address, mask]))};`,
    `var v6 = ${literal(v6.map(({ groups, bits }) => [groups, bits]))};`,
    ...functions,
    'function FindProxyForURL(url, host) {',
    '  var i;',
    "  host = host.toLowerCase().replace(/^\\[|\\]$/g, '').replace(/\\.$/, '');",
    ...(plain ? ["  if (isPlainHostName(host) && host.indexOf(':') === -1) return 'DIRECT';"] : []),
    ...(loopback ? ["  if (isLoopback(host)) return 'DIRECT';"] : []),
    "  for (i = 0; i < exact.length; i++) if (host === exact[i]) return 'DIRECT';",
    "  for (i = 0; i < below.length; i++) if (endsWith(host, below[i])) return 'DIRECT';",
    '  if (v4.length === 0 && v6.length === 0) return ways;',
    ...(resolve ? ['  if (!isAddress(host)) host = dnsResolve(host) || host;'] : []),
    "  if (isV4(host)) for (i = 0; i < v4.length; i++) if (isInNet(host, v4[i][0], v4[i][1])) return 'DIRECT';",
    "  if (host.indexOf(':') !== -1) for (i = 0; i < v6.length; i++) if (isInBlock(host, v6[i])) return 'DIRECT';",
    '  return ways;',
    '}',
    '',
  ]
  return lines.join('\n')
}

/** JSON is a literal of JavaScript, but for two line ends in old engines; and `<` could end a script in a page. */
function literal(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u2028\u2029<>]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

// The functions that all clients bring with them know nothing of IPv6, and isInNet asks DNS for what is a name.
const functions: readonly string[] = [
  'function endsWith(text, end) {',
  '  return text.length > end.length && text.substring(text.length - end.length) === end;',
  '}',
  'function isV4(host) {',
  '  return /^\\d{1,3}(\\.\\d{1,3}){3}$/.test(host);',
  '}',
  'function isAddress(host) {',
  "  return isV4(host) || host.indexOf(':') !== -1;",
  '}',
  'function isLoopback(host) {',
  "  if (host === 'localhost' || endsWith(host, '.localhost') || host === '::1') return true;",
  "  return isV4(host) && host.substring(0, 4) === '127.';",
  '}',
  'function isInBlock(host, block) {',
  '  var groups = groupsOf(host);',
  '  var left = block[1];',
  '  for (var i = 0; i < 8 && left > 0; i++, left -= 16) {',
  '    var shift = left >= 16 ? 0 : 16 - left;',
  '    if (groups[i] >> shift !== block[0][i] >> shift) return false;',
  '  }',
  '  return true;',
  '}',
  'function groupsOf(host) {',
  "  var halves = host.split('::');",
  '  var groups = parse(halves[0]);',
  '  var after = halves.length > 1 ? parse(halves[1]) : [];',
  '  while (groups.length + after.length < 8) groups.push(0);',
  '  return groups.concat(after);',
  '}',
  'function parse(text) {',
  "  var parts = text === '' ? [] : text.split(':');",
  '  for (var i = 0; i < parts.length; i++) parts[i] = parseInt(parts[i], 16);',
  '  return parts;',
  '}',
]
