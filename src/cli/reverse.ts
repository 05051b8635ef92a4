import { Command, Option } from 'commander'
import { policyNames } from '../balance/policy/policies.ts'
import { type ReverseFlags, readReverseFlags } from './reverse-settings.ts'
import { serveReverse } from './serve-reverse.ts'

/** `sallyport reverse`. `ended` is told the exit code when all is over. */
export function reverseCommand(ended: (code: number) => void): Command {
  const command = new Command('reverse')
  command
    .summary('Put a reverse proxy in front of one or more servers.')
    .description(
      'Puts a reverse proxy in front of one or more servers: HTTP/1.1, WebSocket, SSE and all else that speaks HTTP.',
    )
    .usage('--to URL [options]')
    .action(async (flags: ReverseFlags) => ended(await serveReverse(readReverseFlags(flags))))
    .showHelpAfterError("'sallyport reverse --help' shows the options.")
    .addHelpText('after', examples)
  for (const [group, options] of Object.entries(groups)) {
    for (const option of options) command.addOption(option.helpGroup(`${group}:`))
  }
  return command
}

const repeated = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value]

const groups: Readonly<Record<string, readonly Option[]>> = {
  Where: [
    new Option(
      '-t, --to <url>',
      'Server to send requests to. Repeat it for more: they share the load, and one that fails is passed over.',
    ).argParser(repeated),
    new Option('-l, --listen <host:port>', 'Where to listen. :8080 is all addresses, port 0 any free port.').default(
      '127.0.0.1:8080',
    ),
  ],
  'More than one server': [
    new Option(
      '--policy <name>',
      'Which server gets the next request. peak-ewma looks at load and latency; the last three keep a client at its server.',
    )
      .choices(policyNames)
      .default(policyNames[0]),
    new Option(
      '--weight <n>',
      'Share of a server, in proportion to the others. Give one for each --to, in their order. (default: 1 each)',
    ).argParser(repeated),
    new Option(
      '--health <path>',
      'Ask each server for this path every 5 s. One that answers 400 or more, or not at all, gets no requests.',
    ),
  ],
  Cache: [
    new Option(
      '--cache [size]',
      'Keep answers that may be shared, and give them to the next visitor: so much of memory, such as 256MiB. (default: off; 128MiB without a size)',
    ),
    new Option('--cache-dir <folder>', 'Keep them on disk too, where they survive a restart. One process to a folder.'),
    new Option('--cache-dir-size <size>', 'So much of the disk. (default: 1GiB)'),
    new Option(
      '--cache-redis [url]',
      'Share them with other machines by Redis or Valkey. Others here can see a command line: leave out a URL with a password, and put it into the environment as SALLYPORT_REDIS_URL.',
    ),
    new Option(
      '--cache-socket <path>',
      "Where 'sallyport cache' looks into it; off: nowhere. (default: PORT.sock in a folder of this user)",
    ),
  ],
  Fields: [
    new Option('--host-header <which>', "Host field for the server: the client's (preserve) or the server's own.")
      .choices(['preserve', 'upstream'])
      .default('preserve'),
    new Option(
      '--header-up <rule>',
      "Change a field of requests: 'Name: value' sets, '+Name: value' adds, '-Name' removes. Repeat it for more. Values may hold facts, such as {client.ip}.",
    ).argParser(repeated),
    new Option('--header-down <rule>', 'The same for fields of answers.').argParser(repeated),
    new Option(
      '--trusted-proxy <cidr>',
      'Proxy in front of this one whose word on the client (X-Forwarded-For, Forwarded) is believed: address or block. Repeat it for more.',
    ).argParser(repeated),
  ],
  'To the servers': [
    new Option('--http2-upstream', 'Speak HTTP/2 to the servers, as gRPC needs.'),
    new Option('--insecure-upstream', 'Do not check the certificates of https servers. Anybody may pose as them.'),
  ],
  'Log and end': [
    new Option(
      '--access-log <format>',
      'One line an exchange on standard output: json, combined or off. (default: combined on a terminal, else json)',
    ).choices(['json', 'combined', 'off']),
    new Option('--drain-timeout <time>', 'How long an ordered end waits for what is in flight: 30s, 2m.').default(
      '10s',
    ),
  ],
}

const examples = `
Examples:
  Two servers, reached from the whole network:
    sallyport reverse --to http://127.0.0.1:3000 --to http://127.0.0.1:3001 --listen :8080
  Three times as much for the first one, and no requests for one that is not well:
    sallyport reverse --to http://127.0.0.1:3000 --to http://127.0.0.1:3001 --weight 3 --weight 1 --health /
  A cache in front of a site; 'sallyport cache stats' shows what it does:
    sallyport reverse --to http://127.0.0.1:3000 --cache 256MiB
  A site elsewhere, under its own name:
    sallyport reverse --to https://example.com --host-header upstream
  Tell the server who asks, hide what it runs on:
    sallyport reverse --to http://127.0.0.1:3000 --header-up 'X-Client: {client.ip}' --header-down -Server

Ctrl-C or SIGTERM lets what is in flight finish. A second one ends at once.

Exit codes:
  0  ended in order
  1  could not start
  2  bad arguments
`
