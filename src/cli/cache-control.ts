import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { OptionError } from '../contract/options.ts'
import { findSocket } from './cache-sockets.ts'
import { CliError, exitCodes } from './errors.ts'
import { parseListenAddress } from './listen-address.ts'

/** Where the control of a cache is. */
export interface ControlFlags {
  readonly socket?: string
  readonly port?: string
}

/** The control of a running cache. */
export interface ControlClient {
  get(path: string): Promise<unknown>
  post(path: string, content: object): Promise<unknown>
  /** Lines of JSON, as they come. */
  lines(path: string): AsyncIterable<unknown>
}

/** Milliseconds without a byte. */
const patience = 30_000

/** @throws CliError, OptionError when it cannot be told where the control is */
export async function connectControl(flags: ControlFlags, env: NodeJS.ProcessEnv): Promise<ControlClient> {
  const { place, shown, headers } = await placeOf(flags, env)

  async function send(method: string, path: string, content: string): Promise<IncomingMessage> {
    const length = Buffer.byteLength(content)
    const request = http.request({
      ...place,
      method,
      path,
      agent: false,
      headers: {
        ...headers,
        ...(length === 0 ? {} : { 'content-type': 'application/json', 'content-length': length }),
      },
    })
    request.setTimeout(patience, () => request.destroy(new Error(`no answer within ${patience / 1000} s`)))
    request.end(content)
    const response = await answerOf(request, shown)
    if (response.statusCode === 200) return response
    throw new CliError(exitCodes.failedStart, await refusal(response, shown))
  }

  return {
    get: async (path) => JSON.parse(await text(await send('GET', path, ''))),
    post: async (path, content) => JSON.parse(await text(await send('POST', path, JSON.stringify(content)))),
    async *lines(path) {
      let rest = ''
      for await (const chunk of (await send('GET', path, '')).setEncoding('utf8') as AsyncIterable<string>) {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() as string
        for (const line of lines) yield JSON.parse(line)
      }
    },
  }
}

interface Place {
  readonly place: { readonly socketPath: string } | { readonly host: string; readonly port: number }
  readonly shown: string
  readonly headers: http.OutgoingHttpHeaders
}

async function placeOf({ socket, port }: ControlFlags, env: NodeJS.ProcessEnv): Promise<Place> {
  if (port === undefined) {
    const path = socket ?? (await findSocket(env))
    return { place: { socketPath: path }, shown: path, headers: {} }
  }
  if (socket !== undefined) throw new OptionError('--port', port, '--socket is given too; leave one of them out')
  const token = env.SALLYPORT_CACHE_TOKEN
  if (token === undefined || !/^[!-~]+$/.test(token)) {
    throw new OptionError('--port', port, 'put its token into the environment as SALLYPORT_CACHE_TOKEN')
  }
  const address = parseListenAddress('--port', port)
  return { place: address, shown: `${address.host}:${address.port}`, headers: { authorization: `Bearer ${token}` } }
}

function answerOf(request: ClientRequest, shown: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve)
    request.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      const why = reasons[code ?? ''] ?? message
      reject(new CliError(exitCodes.failedStart, `cannot reach a cache at ${shown}: ${why}`))
    })
  })
}

async function refusal(response: IncomingMessage, shown: string): Promise<string> {
  const content = await text(response)
  try {
    const { error } = JSON.parse(content) as { error?: unknown }
    if (typeof error === 'string') return error
  } catch {
    // Then it is not ours.
  }
  return `${shown} answers ${response.statusCode}, and not as the control of a cache does`
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket.\nThe proxy may have ended, or have another --cache-socket.',
  ECONNREFUSED: 'nobody listens there. The proxy may have ended.',
  EACCES: 'it belongs to another user. Be the user that the proxy runs as.',
  ENOTSOCK: 'that is no socket.',
}
