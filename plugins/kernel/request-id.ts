import { randomBytes } from 'node:crypto'
import type { Client } from '../../src/contract/target.ts'

/** Gives each exchange its id: the trusted peer's, or one of our own. */
export interface RequestIds {
  of(client: Client, rawFields: readonly string[]): string
}

const acceptable = /^[A-Za-z0-9._:/+=@-]{1,128}$/

/** Ids unique to this process and cheap to make: six random bytes, then a count. */
export function requestIds(field: string | undefined): RequestIds {
  const own = `${randomBytes(6).toString('hex')}-`
  let count = 0

  return {
    of(client, rawFields) {
      if (client.trusted && field !== undefined) {
        for (let i = 0; i < rawFields.length; i += 2) {
          const name = rawFields[i] as string
          if (name.length !== field.length || name.toLowerCase() !== field) continue
          const value = rawFields[i + 1] as string
          if (acceptable.test(value)) return value
        }
      }
      return own + (++count).toString(36)
    },
  }
}
