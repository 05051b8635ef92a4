import type { Member } from '../http/structured-fields.ts'
import { deltaSeconds, maxSeconds } from './delta-seconds.ts'
import type { DirectiveLine } from './directive-line.ts'
import type { ResponseDirectives } from './response-directives.ts'

/** What the lines of a response add up to. Every addition makes it stricter, or leaves it no doubt to the contrary. */
export class DirectiveDraft {
  #noStore = false
  #noCache = false
  #private = false
  #public = false
  #mustRevalidate = false
  #proxyRevalidate = false
  #mustUnderstand = false
  #immutable = false
  #shareable = false
  /** Something was read that the grammar does not have. */
  #doubt = false
  /** -1 when invalid. */
  #maxAge: number | undefined
  #sMaxAge: number | undefined
  #staleWhileRevalidate: number | undefined
  #staleIfError: number | undefined

  addLine({ directives, words, open }: DirectiveLine): void {
    // RFC 8246 2: an argument of immutable has no meaning.
    for (const { name, value } of directives) this.#add(name, value === undefined || name === 'immutable', value ?? '')
    for (const word of words) this.#addDoubtful(word)
    if (open) this.#noStore = true
    if (open || words.length > 0) this.#doubt = true
  }

  /** A member of a targeted field, RFC 9213 2.1: true for no argument, an integer for seconds. */
  addMember(name: string, member: Member): void {
    const seconds = member.type === 'integer' ? String(member.value) : ''
    this.#add(name, member.type === 'boolean' && member.value, seconds)
  }

  /** Of a field that cannot be read: what forbids, as far as it can be told. */
  addProhibitions({ directives, words }: DirectiveLine): void {
    for (const { name } of directives) this.#forbid(name)
    for (const word of words) this.#forbid(word)
  }

  addNoCache(): void {
    this.#noCache = true
  }

  finish(present: boolean, targeted: boolean): ResponseDirectives {
    return Object.freeze({
      present,
      targeted,
      noStore: this.#noStore,
      noCache: this.#noCache,
      private: this.#private,
      public: this.#public,
      mustRevalidate: this.#mustRevalidate,
      proxyRevalidate: this.#proxyRevalidate,
      // It lifts no-store: not where anything is in doubt.
      mustUnderstand: this.#mustUnderstand && !this.#doubt,
      immutable: this.#immutable,
      shareable: this.#shareable && !this.#doubt,
      maxAge: orStale(this.#maxAge),
      sMaxAge: orStale(this.#sMaxAge),
      staleWhileRevalidate: orNothing(this.#staleWhileRevalidate),
      staleIfError: orNothing(this.#staleIfError),
    })
  }

  #add(name: string, plain: boolean, value: string): void {
    switch (name) {
      case 'no-store':
      case 'no-cache':
      case 'private':
        this.#forbid(name)
        // `no-store="..."` is not the no-store that must-understand may lift.
        if (!plain) this.#doubt = true
        break
      case 'must-revalidate':
        this.#mustRevalidate = true
        if (plain) this.#shareable = true
        break
      case 'proxy-revalidate':
        this.#proxyRevalidate = true
        break
      case 'must-understand':
        if (plain) this.#mustUnderstand = true
        else this.#addDoubtful(name)
        break
      case 'public':
        if (plain) this.#public = this.#shareable = true
        break
      case 'immutable':
        if (plain) this.#immutable = true
        break
      case 'max-age':
        this.#maxAge = smaller(this.#maxAge, deltaSeconds(value))
        break
      case 's-maxage': {
        const seconds = deltaSeconds(value)
        this.#sMaxAge = smaller(this.#sMaxAge, seconds)
        if (seconds !== -1) this.#shareable = true
        break
      }
      case 'stale-while-revalidate':
        this.#staleWhileRevalidate = smaller(this.#staleWhileRevalidate, deltaSeconds(value))
        break
      case 'stale-if-error':
        this.#staleIfError = smaller(this.#staleIfError, deltaSeconds(value))
        break
    }
  }

  /** A word at a place where it may or may not be a directive. */
  #addDoubtful(word: string): void {
    this.#doubt = true
    switch (word) {
      case 'must-understand':
        this.#noStore = true
        break
      case 'must-revalidate':
        this.#mustRevalidate = true
        break
      case 'proxy-revalidate':
        this.#proxyRevalidate = true
        break
      case 'max-age':
        this.#maxAge = -1
        break
      case 's-maxage':
        this.#sMaxAge = -1
        break
      case 'stale-while-revalidate':
        this.#staleWhileRevalidate = -1
        break
      case 'stale-if-error':
        this.#staleIfError = -1
        break
      default:
        this.#forbid(word)
    }
  }

  #forbid(name: string): void {
    if (name === 'no-store') this.#noStore = true
    else if (name === 'no-cache') this.#noCache = true
    else if (name === 'private') this.#private = true
  }
}

function smaller(before: number | undefined, seconds: number): number {
  return Math.min(before ?? maxSeconds, seconds)
}

function orStale(seconds: number | undefined): number | undefined {
  return seconds === -1 ? 0 : seconds
}

function orNothing(seconds: number | undefined): number | undefined {
  return seconds === -1 ? undefined : seconds
}
