import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/imports.ts'

export interface OptionField {
  readonly name: string
  readonly type: string
  /** The docstring without its `@default`. */
  readonly text: string
  /** What `@default` says; '' without one. */
  readonly byDefault: string
}

export interface OptionInterface {
  readonly name: string
  readonly extends: string | undefined
  readonly text: string
  readonly fields: readonly OptionField[]
}

/** Reads the exported interfaces of one source file, with what their docstrings say. */
export function readInterfaces(path: string): OptionInterface[] {
  const source = readFileSync(join(root, path), 'utf8')
  const declaration = /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?export interface (\w+)(?: extends (\w+))? \{\n([\s\S]*?)\n\}/g
  return [...source.matchAll(declaration)].map(([, doc, name, parent, body]) => ({
    name: name as string,
    extends: parent,
    text: words(doc ?? ''),
    fields: readFields((body as string).replace(/\(typeof (\w+)\)\[number\]/g, (_, list) => choices(source, list))),
  }))
}

function readFields(body: string): OptionField[] {
  const field = /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*)?(?:\/\/[^\n]*\n\s*)*readonly (\w+)\??: ([^\n]+(?:\n {4,}[^\n]+)*)/g
  return [...body.matchAll(field)].flatMap(([, doc, name, type]) => {
    const [text, byDefault] = words(doc ?? '').split(/\s*@default\s*/)
    const one = { name: name as string, text: text ?? '', byDefault: byDefault ?? '' }
    // An object that has no name of its own: its fields follow, as `budget.ratio`.
    const nested = /^\{\n([\s\S]*)$/.exec(type as string)?.[1]
    if (nested === undefined)
      return [{ ...one, type: (type as string).startsWith('(') ? 'function' : (type as string).trim() }]
    const inside = readFields(nested.replace(/^ {2}/gm, '')).map((its) => ({ ...its, name: `${name}.${its.name}` }))
    return [{ ...one, type: 'object' }, ...inside]
  })
}

/** `const kinds = ['http', 'tcp'] as const` as a type. */
function choices(source: string, list: string): string {
  const values = new RegExp(`const ${list} = \\[([^\\]]*)\\] as const`).exec(source)?.[1] ?? ''
  return [...values.matchAll(/'[^']*'/g)].join(' | ')
}

const words = (doc: string): string =>
  doc
    .replace(/^\s*\/\*\*|\*\/\s*$/g, '')
    .replace(/^\s*\*/gm, '')
    .replace(/\s+/g, ' ')
    .trim()
