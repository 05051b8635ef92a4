import groups from 'http-cache-tests/tests/index.mjs'
import surrogate from 'http-cache-tests/tests/surrogate-control.mjs'

/** One request of a test, and what shall come of it. Read by the client and, sent as JSON, by the origin. */
export interface SuiteRequest {
  readonly response_headers?: readonly (readonly [string, string | number, boolean?])[]
  readonly [member: string]: unknown
}

/** One test of http-cache-tests. */
export interface SuiteTest {
  readonly id: string
  /** In Markdown. */
  readonly name: string
  /** Absent is `required`. */
  readonly kind?: 'required' | 'optimal' | 'check'
  /** Tests without which this one says nothing. */
  readonly depends_on?: readonly string[]
  readonly browser_only?: boolean
  readonly requests: readonly SuiteRequest[]
}

export interface SuiteGroup {
  readonly id: string
  readonly name: string
  readonly tests: readonly SuiteTest[]
}

/** True when it passed, else the kind of failure and its message. */
export type SuiteResult = true | readonly [kind: string, message: string]
export type SuiteResults = Readonly<Record<string, SuiteResult>>

export type Kind = 'required' | 'optimal' | 'check'

const forProxies = ({ tests, ...group }: SuiteGroup): SuiteGroup => ({
  ...group,
  tests: tests.filter((test) => test.browser_only !== true),
})

/** The groups that make up the 157 required and 86 optimal tests. */
export const coreGroups: readonly SuiteGroup[] = groups.map(forProxies)

/** Surrogate-Control, a W3C note: the suite has it beside the others. */
export const surrogateGroup: SuiteGroup = forProxies(surrogate)

export const allGroups: readonly SuiteGroup[] = [...coreGroups, surrogateGroup]

export function kindOf(test: SuiteTest): Kind {
  return test.kind ?? 'required'
}
