import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { policyNames } from '../../src/balance/policy/policies.ts'
import { retryConditions } from '../../src/balance/retry/conditions.ts'
import { errorTable } from '../../src/contract/errors.ts'
import { factTable } from '../../src/contract/facts.ts'
import { root } from '../support/imports.ts'
import { type OptionInterface, readInterfaces } from './interfaces.ts'

/** The pages of docs/ that are made from the sources, by path. `npm run docs` writes them; a test compares. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/options.md', optionsPage()],
    ['docs/errors.md', errorsPage()],
    ['docs/facts.md', factsPage()],
  ])
}

const made = '<!-- Made from the sources by `npm run docs`. Change the docstring there, not this page. -->'

/** Where options are declared, and which interfaces a reader wants, in order. */
const sections: readonly (readonly [title: string, intro: string, path: string])[] = [
  [
    'Suite',
    '`app.register(sallyport, options)`: one object, and each key is the options of one plugin.',
    'plugins/suite/index.ts',
  ],
  [
    'Reverse proxy',
    '`app.register(reverseProxy, options)`, `config: { proxy: options }` of a route, `reply.proxy(options)`.',
    'plugins/reverse-proxy/options.ts',
  ],
  [
    'Balance',
    '`app.register(balance, options)`. The guide is [balancing](balancing.md).',
    'plugins/balance/options.ts',
  ],
  [
    'Pool',
    'A value of `pools`, the value of `pool` of a route, `app.proxy.createPool(name, options)`.',
    'src/balance/pool-options.ts',
  ],
  ['Upstreams of a pool', 'Entries of `upstreams`, and of what discovery finds.', 'src/balance/options.ts'],
  [
    'Discovery',
    'The value of `discover`, one of these. Told apart by `dns`, `srv`, `file` or `poll`.',
    'src/balance/discovery/discover-options.ts',
  ],
  ['Active health checks', 'The value of `health`.', 'src/balance/health/options.ts'],
  ['Outlier ejection', 'The value of `outlier`.', 'src/balance/outlier-options.ts'],
  ['Circuit breaker', 'The value of `breaker`.', 'src/balance/breaker.ts'],
  ['Slow start', 'The value of `slowStart`.', 'src/balance/slow-start.ts'],
  ['Retries', 'The value of `retry` of a pool or a route.', 'src/balance/retry/options.ts'],
  ['Sticky sessions', 'The value of `sticky`.', 'src/balance/sticky-options.ts'],
  [
    'Split',
    `The value of \`split\` of a route. \`when\` of a rule is \`{ field }\` or \`{ cookie }\`, and a \`value\`: text, a pattern, or
none, which is any. \`by\`, like \`hashKey\` of a pool, is \`'client'\` (its address; IPv6 by its /64), \`'path'\`,
\`{ field: 'x-user' }\`, \`{ cookie: 'sid' }\` or a function of the exchange that returns text.`,
    'src/balance/shape/split-options.ts',
  ],
  ['Mirror', 'The value of `mirror` of a route.', 'src/balance/shape/mirror-options.ts'],
  ['Cache', '`app.register(cache, options)`. The guide is [caching](caching.md).', 'plugins/cache/options.ts'],
  [
    'Cache of a route',
    'Of the plugin for all of its routes, as `cache` in `config: { proxy: { ... } }` for one.',
    'src/cache/plan-options.ts',
  ],
  ['Cache key', 'The value of `key`.', 'src/cache/key-options.ts'],
  [
    "Replies of the app's own",
    'The value of `hostReplies`: `true` is the defaults.',
    'plugins/cache/host-reply-options.ts',
  ],
  ['Cache control', 'The value of `control`.', 'plugins/cache/control-options.ts'],
  ['Path rules', 'The value of `paths`.', 'src/http/path-policy.ts'],
  ['Field rules', 'The value of `requestFields` and `responseFields`.', 'src/http/field-rules.ts'],
  ['Cookie rewriting', 'The value of `rewriteCookies`.', 'src/http/set-cookie.ts'],
  ['Upstream TLS', 'The value of `tls`.', 'src/contract/pool.ts'],
  ['Kernel', '`app.register(kernel, options)`.', 'plugins/kernel/types.ts'],
  ['Access log', '`app.register(observe, options)`.', 'plugins/observe/options.ts'],
]

/**
 * Interfaces of one of those files that hold options, the largest first: it is what a reader came for. `FieldRules` and
 * `PathRules` are shown where the engine declares them.
 */
function optionInterfaces(path: string): OptionInterface[] {
  return readInterfaces(path)
    .filter(
      ({ name }) =>
        (/Options$|^(?:CookieRewrite|UpstreamTls|SplitShare|SplitRule|QueryRules)$/.test(name) &&
          !name.startsWith('Dispatch')) ||
        (path.startsWith('src/http/') && /Rules$/.test(name)),
    )
    .sort((a, b) => b.fields.length - a.fields.length)
}

function optionsPage(): string {
  const present = sections.filter(([, , path]) => existsSync(join(root, path)))
  const names = present.flatMap(([, , path]) => optionInterfaces(path).map(({ name }) => name))
  const parts = present.map(([title, intro, path]) =>
    [`## ${title}`, '', intro, '', ...optionInterfaces(path).flatMap((one) => optionTable(one, names))].join('\n'),
  )
  return `${made}

# Options

Durations are milliseconds, or text such as \`'500ms'\`, \`'30s'\`, \`'2m'\`, \`'1h'\`. Sizes are bytes, or text such as
\`'64KiB'\`, \`'10MiB'\`. \`false\` turns a thing off; an option left out has its default. An option that does not exist, or
cannot work, is an error at boot that names it.

${parts.join('\n')}`
}

function optionTable({ name, extends: parent, text, fields }: OptionInterface, names: readonly string[]): string[] {
  const beside = parent === undefined ? '' : `All of [\`${parent}\`](#${parent.toLowerCase()}), and:`
  return [
    `### ${name}`,
    '',
    ...[text, beside].filter((line) => line !== '').flatMap((line) => [line, '']),
    '| option | type | default | |',
    '| --- | --- | --- | --- |',
    ...fields.map(({ name: field, type, byDefault, text: says }) => {
      const section = names.find((one) => new RegExp(`\\b${one}\\b`).test(type))
      const more = section === undefined ? '' : `See [${section}](#${section.toLowerCase()}).`
      const words = [says === '' ? (unsaid[field] ?? '') : says, more].filter((part) => part !== '').join(' ')
      return `| \`${field}\` | ${code(spelled(type))} | ${value(byDefault)} | ${cell(words)} |`
    }),
    '',
  ]
}

/** Words to choose from, in place of the name of their type. */
const spelled = (type: string): string =>
  type
    .replace(/\bPolicyName\b/, policyNames.map((name) => `'${name}'`).join(' | '))
    .replace(/\bRetryCondition\b/, `(${retryConditions.map((name) => `'${name}'`).join(' | ')})`)

/** What is plain where it is declared, and not on the page. */
const unsaid: Readonly<Record<string, string>> = {
  preHandler: 'A `preHandler` hook of Fastify, or a list of them, for the routes.',
  requestFields: 'Changes to the fields of the request.',
  responseFields: 'Changes to the fields of the answer.',
  rewriteCookies: 'Changes to `Set-Cookie`.',
  paths: 'What may pass in a path.',
  timeouts: 'Each has an error of its own.',
  tls: 'How to speak TLS to the upstream.',
  ca: "Certificates to trust, as PEM, in place of Node's.",
  cert: 'Client certificate, as PEM.',
  key: 'Its private key, as PEM.',
  passphrase: 'Of the private key.',
  rejectUnauthorized: 'Verify the certificate of the upstream. `false` takes any: for a laptop, never for a network.',
  minVersion: "Such as `'TLSv1.3'`.",
  maxConcurrentStreams: 'Streams that a client may have open at once on one connection.',
  resetWindow: 'See `resetBudget`.',
  kernel: 'Options of the kernel.',
  pool: 'Name of the pool.',
  path: 'Path of the cookie.',
  when: 'A request field or a cookie, and its value.',
  expect: 'What a good answer is.',
  memory: 'The memory of this process.',
  disk: 'A folder, behind memory.',
  redis: 'Redis or Valkey, behind both.',
  bypass: 'Requests that go past the cache.',
}

/** A default: code where it is written as such. */
const value = (text: string): string => (/^(?:'[^']*'|\d+|true|false|\{[^}]*\})$/.test(text) ? code(text) : cell(text))

function errorsPage(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { status, source, retryable, proxyStatus, text }]) =>
      `| \`${code}\` | ${status} | ${source} | ${retryable ? 'yes' : 'no'} | \`${proxyStatus}\` | ${text} |`,
  )
  return `${made}

# Errors

What the client gets when sallyport itself answers: the status, a neutral body in JSON, or in HTML where \`Accept\` prefers
it, and \`Proxy-Status\` (RFC 9209) with the error type. The body is \`{ statusCode, code, error, message, requestId }\`.
No address and no cause is in it; those are in the log, under the same request id and \`code\`.

A code is stable: match on it. *Source* says who is to blame: the client (\`downstream\`), the server behind (\`upstream\`) or
the proxy. *Retryable* says that another attempt may succeed, not that one is safe. 499 is written to the log alone: the
client that left is told nothing. A guard of your own answers with a status and code of its own.

| code | status | source | retryable | Proxy-Status | what the client is told |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Bad options throw an \`OptionError\` at boot, with code \`SP_BAD_OPTION\`: it names the option, what was given, and what is
right.
`
}

const meanings: Readonly<Record<string, string>> = {
  'request.id': 'The id taken from a trusted peer, or made; sent on to the upstream',
  kind: '`http` or `upgrade`',
  method: 'As sent',
  scheme: '`http` or `https`, of the client',
  authority: 'Host and port as sent',
  host: 'Host in lower case, without port',
  path: 'Raw path as sent',
  query: 'Raw query with its `?`, or empty',
  target: 'Path and query',
  protocol: '`HTTP/1.0`, `HTTP/1.1` or `HTTP/2.0`, of the client',
  'client.ip': 'The client: the peer, or what a trusted peer said',
  'client.port': 'Port of the client',
  'peer.ip': 'The other end of the socket',
  status: 'Status sent to the client; 499 when it left first',
  'bytes.received': 'Body bytes from the client; after an upgrade, all bytes',
  'bytes.sent': 'Body bytes to the client; after an upgrade, all bytes',
  duration: 'Milliseconds from the head of the request to the end of all of it',
  'duration.connect': 'Milliseconds for the connection to the upstream; absent when one was reused',
  'duration.firstByte': 'Milliseconds to the head of the answer',
  'duration.queued': 'Milliseconds that it waited for a place at an upstream; absent when it did not wait',
  upstream: 'The upstream of the last attempt, such as `127.0.0.1:3000`',
  'upstream.protocol': 'Protocol spoken with it',
  'upstream.reused': 'True when the last attempt went out on a connection that had served before',
  pool: 'Name of the pool',
  attempts: 'Connections or streams tried',
  cache:
    'What the cache did, by the words of RFC 9211: `hit`, or why it asked: `uri-miss`, `vary-miss`, `stale`, `partial`, `request`, `method`, `bypass`',
  'cache.detail': 'More of it, such as why the answer was not stored: see [caching](caching.md#cache-status)',
  refusal: 'Code of the refusal, when a guard or a check said no',
  error: 'Code of the failure, see [errors](errors.md)',
}

function factsPage(): string {
  const rows = Object.keys(factTable).map((name) => `| \`${name}\` | ${cell(meanings[name] ?? '')} |`)
  return `${made}

# Facts

What became of an exchange, in one vocabulary. The same names are keys of the access log in JSON, what \`{...}\` may hold in
a log template, and what \`{...}\` may hold in \`requestFields\` and \`responseFields\`. Durations are milliseconds, sizes are
bytes. A fact that is not known is left out of JSON, is \`-\` in a log template and nothing in a field. JSON has no \`host\`,
\`path\` and \`query\`, which are parts of \`authority\` and \`target\`. In a log, secrets are hidden.

| fact | |
| --- | --- |
${rows.join('\n')}
| \`request.field.NAME\` | The first value of a request field, such as \`request.field.user-agent\`; in templates |
| \`time\` | When it began, ISO 8601; in a log template |
| \`cause\` | Why it failed; in the log alone |
`
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

// A code span cannot hold an escaped bar outside of a table, but inside one it must.
const code = (type: string): string => `\`${cell(type.replace(/\s+/g, ' '))}\``
