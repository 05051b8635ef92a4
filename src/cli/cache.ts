import { Command, Option } from 'commander'
import type { ListFlags } from './cache-list.ts'
import type { PurgeFlags } from './cache-purge.ts'
import type { StatsFlags } from './cache-stats.ts'
import type { WarmFlags } from './cache-warm.ts'

/** `sallyport cache`: looks into a running cache, empties and fills it. `ended` is told the exit code of `warm`. */
export function cacheCommand(ended: (code: number) => void): Command {
  const command = new Command('cache')
    .summary('Look into a running cache; purge and warm it.')
    .description('Looks into the cache of a proxy that runs on this machine, purges and warms it.')
    .usage('<command> [options]')
    .showHelpAfterError("'sallyport cache --help' shows the commands.")
    .addHelpText('after', examples)
    .helpCommand(false)
  // What a command needs is loaded when it is called.
  add(command, purge(), async (url: string | undefined, flags: PurgeFlags) => {
    await (await import('./cache-purge.ts')).cachePurge(url, flags)
  })
  add(command, list(), async (flags: ListFlags) => (await import('./cache-list.ts')).cacheList(flags))
  add(command, stats(), async (flags: StatsFlags) => (await import('./cache-stats.ts')).cacheStats(flags))
  add(command, warm(), async (source: string, flags: WarmFlags) => {
    ended(await (await import('./cache-warm.ts')).cacheWarm(source, flags))
  })
  return command
}

function add(parent: Command, child: Command, action: (...given: never[]) => Promise<void>): void {
  child
    .action(action as (...given: unknown[]) => Promise<void>)
    .showHelpAfterError(`'sallyport cache ${child.name()} --help' shows the options.`)
  parent.addCommand(child)
}

function purge(): Command {
  return withControl(
    new Command('purge')
      .summary('Remove what is stored: one URL, a prefix, a tag or everything.')
      .description(
        'Removes what is stored: one URL, all that begin with a prefix, all with a tag, or everything. With Redis, on all machines. Says how many entries there were.',
      )
      .argument('[url]', 'Whole URL as visitors ask for it, such as https://example.com/news.')
      .usage('<URL | --prefix URL | --tag TAG | --all> [options]')
      .addOption(new Option('--prefix <url>', 'All URLs that begin so.'))
      .addOption(new Option('--tag <tag>', 'All whose Surrogate-Key or Cache-Tag has this tag.'))
      .addOption(new Option('--all', 'Everything.'))
      .addOption(new Option('--soft', 'Leave it, but stale: it is validated with the server before its next use.'))
      .addHelpText('after', purgeExamples),
  )
}

function list(): Command {
  return withControl(
    new Command('list')
      .summary('Show what is stored.')
      .description(
        'Shows what is stored: URL, status, size, age, for how long it is still fresh, and which store has it.',
      )
      .addOption(new Option('--prefix <url>', 'Only URLs that begin so.'))
      .addOption(new Option('--limit <n>', 'At most so many entries; 0 is no limit.').default('100'))
      .addOption(new Option('--json', 'One object of JSON a line, for programs.')),
  )
}

function stats(): Command {
  return withControl(
    new Command('stats')
      .summary('Show the hit ratio, and how full the cache is.')
      .description('Shows what became of the requests since the start, and how full the cache is.')
      .addOption(new Option('--json', 'As JSON, for programs.')),
  )
}

function warm(): Command {
  return new Command('warm')
    .summary('Fill the cache from a sitemap or a list of URLs.')
    .description(
      'Asks the proxy for every URL of a sitemap, or of a file with one on each line, so that the first visitor gets the page from the cache. Sitemap indexes are followed, gzip is unpacked, at most 50,000 URLs are asked for.',
    )
    .argument(
      '<source>',
      'URL of a sitemap, which is asked for at --to as well; or a file: a sitemap, or one URL a line.',
    )
    .usage('<source> --to URL [options]')
    .addOption(
      new Option(
        '-t, --to <url>',
        'The proxy. All requests go there, whatever host is in their URL.',
      ).makeOptionMandatory(),
    )
    .addOption(new Option('--concurrency <n>', 'Requests at a time.').default('8'))
    .addOption(new Option('--host <host>', 'Host of the requests. (default: that of each URL)'))
    .addOption(
      new Option(
        '--header <field>',
        "A field of the requests, 'Name: value', for pages that vary by it. Repeat it for more. (default: Accept-Encoding as browsers have it)",
      ).argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]),
    )
    .addOption(new Option('--timeout <time>', 'For one answer to begin, and between two pieces of it.').default('30s'))
    .addOption(new Option('--max-time <time>', 'For all of it.').default('1h'))
    .addHelpText('after', warmExamples)
}

function withControl(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--socket <path>',
        'Control socket of the cache. (default: that of the one `sallyport reverse --cache` of this user)',
      ).helpGroup('Which cache:'),
    )
    .addOption(
      new Option(
        '--port <host:port>',
        "In place of a socket: the port of the cache plugin's `control`, its token in the environment as SALLYPORT_CACHE_TOKEN.",
      ).helpGroup('Which cache:'),
    )
}

const examples = `
Examples:
  sallyport cache stats
  sallyport cache list --prefix https://example.com/news
  sallyport cache purge --tag news
  sallyport cache warm https://example.com/sitemap.xml --to http://127.0.0.1:8080
`

const purgeExamples = `
Examples:
  One page, with all its variants:
    sallyport cache purge https://example.com/news
  All below a path, to be validated before they are used again:
    sallyport cache purge --prefix https://example.com/news/ --soft
  All that belongs to a product, where its answers have Surrogate-Key: product-7:
    sallyport cache purge --tag product-7
`

const warmExamples = `
Examples:
  After a deployment:
    sallyport cache warm https://example.com/sitemap.xml --to http://127.0.0.1:8080
  From a list, one URL or path a line:
    sallyport cache warm urls.txt --to http://127.0.0.1:8080 --host example.com

Exit codes:
  0  every URL was answered
  1  some were not, or none could be asked for
  2  bad arguments
`
