import type { Chance } from './chance.ts'
import { drawStorage, drawVary } from './draw-answer.ts'
import { type Asked, type Made, textOf, whySecret } from './model.ts'

/** The head of an answer, and its content, marked. */
export interface MarkedAnswer {
  readonly head: Made
  readonly mark: string
  readonly content: string
  /** The old answer that the upstream vouches for with this one. */
  readonly upheld: Made | undefined
}

const markLength = 9
const markCount = 8
const contentLength = markLength * markCount

/** What an answer is known by, wherever it turns up. */
export const markOf = (serial: number): string => `<#${String(serial).padStart(6, '0')}>`

/** Every mark that a text has. */
export function marksIn(text: string): number[] {
  return [...text.matchAll(/<#(\d{6})>/g)].map(([, serial]) => Number(serial))
}

/** Entity tag of an answer, where it has one: of it alone. */
export const tagOf = (made: Made): string | undefined => textOf(made.fields, 'etag')

/** What the upstream remembers of a target. */
export class Resource {
  /** Complete answers, by the entity tag that they alone have. */
  readonly tagged = new Map<string, Made>()
  latest: Made | undefined
  /** Words on such an answer, oldest first. */
  readonly words = new Map<Made, Made[]>()
}

/** What an answer is made of, beside chance. */
export interface Circumstances {
  readonly serial: number
  readonly asked: Asked
  /** Request fields that came. */
  readonly seen: readonly string[]
  /** That came, too. */
  readonly method: string
  readonly resource: Resource
  readonly wall: number
}

/**
 * An answer to what has reached the upstream: a new one, a word on an old one (304, or 200 to HEAD), or a part of a new one
 * or of an old one that is nobody's alone.
 */
export function makeAnswer(chance: Chance, around: Circumstances): MarkedAnswer {
  const { seen, method, resource } = around
  const matching = textOf(seen, 'if-none-match')?.split(', ') ?? []
  const named = matching.map((tag) => resource.tagged.get(tag)).find((one) => one !== undefined)
  if (named !== undefined && chance.happens(0.8)) return wordOn(chance, around, named, 304)
  if (method !== 'HEAD') return newAnswer(chance, around)
  if (resource.latest !== undefined && chance.happens(0.6)) return wordOn(chance, around, resource.latest, 200)
  return { ...newAnswer(chance, around), content: '' }
}

function wordOn(chance: Chance, around: Circumstances, base: Made, status: number): MarkedAnswer {
  const { serial, asked, seen, resource } = around
  const mark = markOf(serial)
  const storage = chance.happens(0.5) ? drawStorage(chance, mark) : []
  const fields = [...dateAnd(mark, around), ...storage, 'ETag', tagOf(base) as string]
  const words = resource.words.get(base) ?? []
  const head: Made = { serial, asked, seen, status, fields, base, words }
  resource.words.set(base, words)
  words.push(head)
  return { head, mark, content: '', upheld: base }
}

function newAnswer(chance: Chance, around: Circumstances): MarkedAnswer {
  const { serial, asked, seen, method, resource, wall } = around
  const mark = markOf(serial)
  const fields = [...dateAnd(mark, around), ...drawStorage(chance, mark), ...drawVary(chance)]
  if (chance.happens(0.2)) fields.push('Last-Modified', new Date(wall - 3_600_000).toUTCString())
  const status = chance.happens(0.9) ? 200 : chance.pick([404, 404, 301, 500, 503, 410])
  const range = status === 200 && chance.happens(0.7) ? rangeIn(textOf(seen, 'range')) : undefined
  let upheld: Made | undefined
  if (range !== undefined && resource.latest !== undefined && whySecret(resource.latest, asked) === undefined) {
    upheld = chance.happens(0.5) ? resource.latest : undefined
  }
  // What HEAD says without a validator may be said of anything stored: it would be hard to tell of what.
  if (upheld !== undefined || method === 'HEAD' || chance.happens(0.7)) {
    fields.push(
      'ETag',
      upheld === undefined ? `${chance.pick(['', '', '', 'W/'])}"${serial}"` : (tagOf(upheld) as string),
    )
  }
  let content = (upheld === undefined ? mark : markOf(upheld.serial)).repeat(markCount)
  if (range !== undefined) {
    fields.push('Content-Range', `bytes ${range.first}-${range.end - 1}/${contentLength}`)
    content = content.slice(range.first, range.end)
  }
  if (chance.happens(0.5)) fields.push('Content-Length', String(content.length))
  const head: Made = {
    serial,
    asked,
    seen,
    status: range === undefined ? status : 206,
    fields,
    base: undefined,
    words: [],
  }
  const tag = tagOf(head)
  if (head.status === 200 && method === 'GET' && tag !== undefined) {
    resource.tagged.set(tag, head)
    resource.latest = head
  }
  return { head, mark, content, upheld }
}

function dateAnd(mark: string, { wall }: Circumstances): string[] {
  return ['Date', new Date(wall).toUTCString(), 'X-For', mark]
}

function rangeIn(value: string | undefined): { first: number; end: number } | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(value ?? '') ?? []
  if (from === '') return to === '' ? undefined : { first: contentLength - Number(to), end: contentLength }
  return { first: Number(from), end: to === '' ? contentLength : Number(to) + 1 }
}
