/** The parts of http-cache-tests that the harness loads; the package has no types. */
declare module 'http-cache-tests/tests/*' {
  const groups: import('./suite.ts').SuiteGroup[]
  export default groups
}
declare module 'http-cache-tests/tests/surrogate-control.mjs' {
  const group: import('./suite.ts').SuiteGroup
  export default group
}
declare module 'http-cache-tests/client/runner.mjs' {
  export function runTests(
    groups: readonly import('./suite.ts').SuiteGroup[],
    fetch: unknown,
    browserCache: boolean,
    baseUrl: string,
    chunkSize?: number,
  ): Promise<void>
  export function getResults(): Record<string, import('./suite.ts').SuiteResult>
}
declare module 'http-cache-tests/lib/display.mjs' {
  /** Colours and symbols; the last is for a terminal. */
  export function determineTestResult(
    groups: readonly import('./suite.ts').SuiteGroup[],
    id: string,
    results: Readonly<Record<string, import('./suite.ts').SuiteResult>>,
  ): readonly [string, string, string]
}
declare module 'http-cache-tests/results/index.mjs' {
  const published: { readonly file: string; readonly name: string; readonly type: string; readonly version: string }[]
  export default published
}
declare module 'http-cache-tests/server/*' {
  import type { IncomingMessage, ServerResponse } from 'node:http'
  export default function handle(segments: readonly string[], request: IncomingMessage, response: ServerResponse): void
}
declare module 'node-fetch' {
  export interface FetchOptions {
    /** Milliseconds until the end of the content. */
    readonly timeout?: number
    readonly [option: string]: unknown
  }
  export default function fetch(url: string, options: FetchOptions): Promise<unknown>
}
