import { type Scenario, scenarioOf } from '../../peers/scenarios.ts'

/** ETag of everything the origin sends. */
export const etag = '"5f3c-17a2b"'

/** One request that is repeated, and the answer that is right. */
export interface CacheScenario {
  readonly id: string
  readonly title: string
  /** Its path, and the size of the stored content. */
  readonly base: Scenario
  /** Fields of the request, lower-case names. */
  readonly fields: Readonly<Record<string, string>>
  readonly status: 200 | 304
}

export const cacheScenarios: readonly CacheScenario[] = [
  { id: '1k', title: 'GET, 1 KB', base: scenarioOf('1k'), fields: {}, status: 200 },
  { id: '64k', title: 'GET, 64 KB', base: scenarioOf('64k'), fields: {}, status: 200 },
  conditional('1k-304', 'GET with If-None-Match, 1 KB', '1k'),
  conditional('64k-304', 'GET with If-None-Match, 64 KB', '64k'),
]

function conditional(id: string, title: string, of: string): CacheScenario {
  return { id, title, base: scenarioOf(of), fields: { 'if-none-match': etag }, status: 304 }
}

export function cacheScenarioOf(id: string): CacheScenario {
  const found = cacheScenarios.find((scenario) => scenario.id === id)
  if (found === undefined) {
    throw new Error(`no scenario '${id}'; there are ${cacheScenarios.map((s) => s.id).join(', ')}`)
  }
  return found
}
