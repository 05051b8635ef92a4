import { isField } from '../http/hop-by-hop.ts'

/**
 * Every value that a request gives a cookie, in order. All of them and not the first one, for which one an origin reads is
 * its own affair: by one that it does not read a client would choose the entry that it poisons. With spaces around the `=`
 * too, which some origins take.
 */
export function cookieValues(fields: readonly string[], name: string): readonly string[] {
  let values: string[] | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const field = fields[i] as string
    if (field.length !== 6 || !isField(field, 'cookie')) continue
    for (const pair of (fields[i + 1] as string).split(';')) {
      const equals = pair.indexOf('=')
      if (equals === -1 || pair.slice(0, equals).trim() !== name) continue
      values ??= []
      values.push(pair.slice(equals + 1).trim())
    }
  }
  return values ?? none
}

const none: readonly string[] = Object.freeze([])
