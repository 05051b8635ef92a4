import { readFileSync } from 'node:fs'
import index from 'http-cache-tests/results/index.mjs'
import type { SuiteResults } from './suite.ts'

export interface PublishedResults {
  readonly name: string
  readonly version: string
  readonly results: SuiteResults
}

/** Results of other proxies and of a CDN that the package brings along, as their authors of the suite published them. */
export const publishedResults: readonly PublishedResults[] = index
  .filter(({ type }) => type !== 'browser')
  .map(({ file, name, version }) => ({ name, version, results: read(file) }))

function read(file: string): SuiteResults {
  const url = import.meta.resolve(`http-cache-tests/results/${file}`)
  return JSON.parse(readFileSync(new URL(url), 'utf8')) as SuiteResults
}
