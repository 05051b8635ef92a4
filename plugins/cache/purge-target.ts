import { type KeyPlan, normalizePrefix, normalizeUrl } from '../../src/cache/key.ts'
import type { PurgeTarget } from '../../src/cache/store.ts'
import { OptionError } from '../../src/contract/options.ts'

/**
 * What a purge means to the stores: a URL under every key that it may be stored by.
 * @throws OptionError for what names nothing
 */
export function readPurgeTargets(target: PurgeTarget, keys: readonly KeyPlan[]): PurgeTarget[] {
  const names = typeof target === 'object' && target !== null ? Object.keys(target) : []
  if (names.length === 1) {
    if ('all' in target && target.all === true) return [target]
    if ('tag' in target && typeof target.tag === 'string' && target.tag !== '') return [target]
    if ('prefix' in target && typeof target.prefix === 'string') return [{ prefix: readPrefix(target.prefix) }]
    if ('url' in target && typeof target.url === 'string') return readUrl(target.url, keys)
  }
  throw new OptionError('target', target, 'give { url }, { prefix } or { tag } with a text, or { all: true }')
}

function readUrl(url: string, keys: readonly KeyPlan[]): PurgeTarget[] {
  const known = new Set<string>()
  for (const key of keys) {
    const stored = normalizeUrl(key, url)
    if (stored !== undefined) known.add(stored)
  }
  if (known.size > 0) return [...known].map((one) => ({ url: one }))
  throw new OptionError('target.url', url, "give it as clients ask for it, such as 'http://a.test/page?x=1'")
}

function readPrefix(prefix: string): string {
  const stored = normalizePrefix(prefix)
  if (stored !== undefined) return stored
  throw new OptionError(
    'target.prefix',
    prefix,
    "give the beginning of a URL with its host, such as 'http://a.test/img/'",
  )
}
