import type { FastifyCachingPluginOptions } from '@fastify/caching'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { AbstractCache, AbstractItem } from '../../src/cache/abstract-store.ts'
import { matchesAny } from '../../src/cache/validators.ts'
import type { HostReplySettings } from './host-reply-options.ts'

type Done = (error?: unknown, payload?: unknown) => void
type LookUp = (this: Tags, request: FastifyRequest, reply: FastifyReply, done: Done) => void
type Send = (this: Tags, request: FastifyRequest, reply: FastifyReply, payload: unknown, done: Done) => void
type SetTag = (this: FastifyReply, tag?: string, lifetime?: number) => FastifyReply

/** What the hooks of @fastify/caching take for their app. */
interface Tags {
  readonly cacheSegment: string
  readonly cache: {
    get(key: { readonly id: string }, done: (error: unknown, found: AbstractItem | null) => void): void
    set(key: { readonly id: string }, value: true, lifetime: number, done: (error: unknown) => void): void
  }
}

/**
 * `reply.expires()`, `reply.etag()` and `app.cache` of @fastify/caching, for the routes that come after. A proxied route has
 * none of its hooks, and they leave alone what `reply.proxy()` and `reply.from()` bring. Its look-up knows a tag without the
 * URL that it was given to, and comes before anybody has asked who is there: here a tag answers for its URL alone, the
 * last one given there counts, and it is looked up right before the handler.
 */
export async function answerHostReplies(
  app: FastifyInstance,
  settings: HostReplySettings,
  cache: AbstractCache,
): Promise<void> {
  const { cacheSegment, etagMaxLife = Number.POSITIVE_INFINITY } = settings
  const hooks = await register(app, settings, cache)

  function tagsOf(request: FastifyRequest, reply: FastifyReply): Tags {
    const key = keyOf(request, cacheSegment)
    return {
      cacheSegment,
      cache: {
        get({ id }, done) {
          cache.get<string>(key, (error, found) => {
            // `*` names no tag: it shows nothing of what this client has.
            if (error || found === null || id.trim() === '*' || !matchesAny(id, found.item)) {
              done(error, null)
              return
            }
            // RFC 9110 15.4.5: a 304 has the tag that the 200 had.
            reply.header('ETag', found.item)
            done(null, found)
          })
        },
        set({ id }, _, lifetime, done) {
          cache.set(key, id, Math.min(lifetime, etagMaxLife), done)
        },
      },
    }
  }

  function lookUpTag(request: FastifyRequest, reply: FastifyReply, done: Done): void {
    if (isRead(request)) hooks.lookUp.call(tagsOf(request, reply), request, reply, done)
    else done()
  }

  function finishReply(request: FastifyRequest, reply: FastifyReply, payload: unknown, done: Done): void {
    if (isProxied(request)) {
      done(null, payload)
      return
    }
    const tags = tagsOf(request, reply)
    // What a 304 says of freshness is meant for the 200 that the client has.
    const shown = reply.statusCode === 304 ? Object.create(reply, { statusCode: { value: 200 } }) : reply
    hooks.setFreshness?.call(tags, request, shown, payload, ignoreDone)
    if (isRead(request)) {
      if (reply.statusCode === 200) hooks.storeTag.call(tags, request, reply, payload, (error) => done(error, payload))
      else done(null, payload)
    } else if (reply.statusCode < 400) forget(request, () => done(null, payload))
    else done(null, payload)
  }

  /** RFC 9111 4.4: what an unsafe request has changed is not what the tag was given to. */
  function forget(request: FastifyRequest, done: () => void): void {
    const key = keyOf(request, cacheSegment)
    cache.has(key, (_, has) => {
      if (has) cache.delete(key, done)
      else done()
    })
  }

  app.addHook('onRoute', function watchOwnReplies(route: RouteOptions) {
    if ((route.config as { proxy?: unknown } | undefined)?.proxy !== undefined) return
    // The HEAD route that comes with a GET has them already.
    route.preHandler = withHook(route.preHandler, lookUpTag) as NonNullable<typeof route.preHandler>
    route.onSend = withHook(route.onSend, finishReply) as NonNullable<typeof route.onSend>
  })
}

interface Hooks {
  readonly lookUp: LookUp
  readonly setFreshness: Send | undefined
  readonly storeTag: Send
}

/** Registers @fastify/caching with `app`, but for its hooks: those it gives. */
async function register(app: FastifyInstance, settings: HostReplySettings, cache: AbstractCache): Promise<Hooks> {
  const { fastifyCaching } = await import('@fastify/caching')
  const lookUps: LookUp[] = []
  const sends: Send[] = []
  const facade: FastifyInstance = Object.create(app)
  facade.addHook = ((name: string, hook: unknown) => {
    if (name === 'onRequest') lookUps.push(hook as LookUp)
    else if (name === 'onSend') sends.push(hook as Send)
    else throw new Error(`@fastify/caching has a hook of another kind than we know: ${name}`)
    return facade
  }) as FastifyInstance['addHook']
  facade.decorate = ((name: string, value: unknown) => {
    app.decorate(name, value as object)
    return facade
  }) as FastifyInstance['decorate']
  facade.decorateReply = ((name: string, value: unknown) => {
    app.decorateReply(name, (name === 'etag' ? quoting(value as SetTag) : value) as object)
    return facade
  }) as FastifyInstance['decorateReply']
  const given = { ...settings, cache } as unknown as FastifyCachingPluginOptions
  fastifyCaching(facade, given, (error) => {
    if (error) throw error
  })
  const [lookUp] = lookUps
  const storeTag = sends.at(-1)
  const setFreshness = sends.length > 1 ? sends[0] : undefined
  if (lookUp === undefined || storeTag === undefined || lookUps.length > 1 || sends.length > 2) {
    throw new Error('@fastify/caching has other hooks than we know')
  }
  return { lookUp, setFreshness, storeTag }
}

/** RFC 9110 8.8.3: a tag is quoted. A text that is none becomes one, where it can. */
function quoting(setTag: SetTag): SetTag {
  return function etag(tag, lifetime) {
    setTag.call(this, tag, lifetime)
    const given = String(this.getHeader('ETag'))
    return /^[!#-~\x80-\xff]+$/.test(given) ? this.header('ETag', `"${given}"`) : this
  }
}

function keyOf(request: FastifyRequest, segment: string): { readonly id: string; readonly segment: string } {
  return { id: `${request.protocol}://${request.host}${request.raw.url ?? ''}`, segment }
}

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

function isProxied(request: FastifyRequest): boolean {
  return (request.exchange as unknown) !== null
}

function withHook(given: unknown, hook: unknown): unknown[] {
  const hooks: unknown[] = given === undefined ? [] : [given].flat()
  return hooks.includes(hook) ? hooks : [...hooks, hook]
}

/** It does its work in the same turn, and changes no payload. */
function ignoreDone(): void {}

declare module '@fastify/caching' {
  namespace fastifyCaching {
    /** `app.cache` can do more than @fastify/caching says. */
    interface AbstractCacheCompliantObject extends AbstractCache {}
  }
}
