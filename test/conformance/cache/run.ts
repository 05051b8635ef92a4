import { getResults, runTests } from 'http-cache-tests/client/runner.mjs'
import fetch, { type FetchOptions } from 'node-fetch'
import { startSuiteOrigin } from './origin.ts'
import { startCachingProxy } from './proxy.ts'
import type { SuiteGroup, SuiteResults } from './suite.ts'

/**
 * Runs the tests of `groups` with the suite's own client and origin, the whole proxy between them. A hundred at a time; most
 * wait three seconds for something to become stale. Once in a process: the suite keeps its results in a module.
 */
export async function runSuite(groups: readonly SuiteGroup[]): Promise<SuiteResults> {
  const origin = await startSuiteOrigin()
  const proxy = await startCachingProxy(origin.url)
  try {
    await runTests(groups, fetchInTime, false, proxy.url)
    return getResults()
  } finally {
    await proxy.close()
    await origin.close()
  }
}

/** An answer that does not come is a test that fails, not a run without an end. */
function fetchInTime(url: string, options: FetchOptions): Promise<unknown> {
  return fetch(url, { ...options, timeout: 8000 })
}
