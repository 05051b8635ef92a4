/** What is asked of every proxy. `answerBytes` is checked before anything is measured. */
export interface Scenario {
  readonly id: ScenarioId
  readonly title: string
  readonly path: string
  readonly uploadBytes: number
  readonly answerBytes: number
  readonly protocol: Protocol
}

/** What the clients speak: HTTP/1.1, or cleartext HTTP/2 with prior knowledge. The origin always gets HTTP/1.1. */
export type Protocol = 'h1' | 'h2'
export type ScenarioId = '1k' | '64k' | '1m' | 'post16k' | 'h2-1k'

export const scenarios: readonly Scenario[] = [
  { id: '1k', title: 'GET, 1 KB', path: '/1k', uploadBytes: 0, answerBytes: 1024, protocol: 'h1' },
  { id: '64k', title: 'GET, 64 KB', path: '/64k', uploadBytes: 0, answerBytes: 65_536, protocol: 'h1' },
  { id: '1m', title: 'GET, 1 MB', path: '/1m', uploadBytes: 0, answerBytes: 1_048_576, protocol: 'h1' },
  { id: 'post16k', title: 'POST, 16 KB', path: '/upload', uploadBytes: 16_384, answerBytes: 2, protocol: 'h1' },
  { id: 'h2-1k', title: 'HTTP/2 clients, GET, 1 KB', path: '/1k', uploadBytes: 0, answerBytes: 1024, protocol: 'h2' },
]

export function scenarioOf(id: string): Scenario {
  const found = scenarios.find((scenario) => scenario.id === id)
  if (found === undefined) throw new Error(`no scenario '${id}'; there are ${scenarios.map((s) => s.id).join(', ')}`)
  return found
}
