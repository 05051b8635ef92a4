import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext } from 'node:test'
import { startOrigin, type TestOrigin } from '../support/origin.ts'
import { startReverse } from './run-cli.ts'

/** Sockets of this test file's own, so that no other cache on the machine is found. */
export function ownRuntimeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sp-run-'))
  process.env.XDG_RUNTIME_DIR = folder
  after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** An origin whose answers are fresh for a minute, tagged by the first part of their path; `/none` is not to be stored. */
export async function freshOrigin(t: TestContext): Promise<TestOrigin> {
  const origin = await startOrigin((request, response) => {
    const url = request.url ?? ''
    response.statusCode = url.startsWith('/missing') ? 404 : 200
    response.setHeader('Cache-Control', url.startsWith('/none') ? 'no-store' : 'max-age=60')
    response.setHeader('Cache-Tag', url.split('/')[1] ?? '')
    response.end(`content of ${url}`)
  })
  t.after(() => origin.close())
  return origin
}

export interface CachingProxy {
  readonly url: string
  readonly origin: TestOrigin
  readonly output: () => string
  /** Gets a page; what Cache-Status says of it. */
  visit(path: string): Promise<string>
  stop(): Promise<number | null>
}

export async function startCaching(t: TestContext, args: readonly string[] = ['--cache']): Promise<CachingProxy> {
  const origin = await freshOrigin(t)
  const { child, url } = await startReverse(t, ['--to', origin.url, '--access-log', 'off', ...args])
  await child.says(/cache: /)
  return {
    url,
    origin,
    output: child.output,
    async visit(path) {
      const response = await fetch(url + path)
      await response.arrayBuffer()
      return response.headers.get('cache-status') ?? ''
    },
    stop: () => child.stop(),
  }
}
