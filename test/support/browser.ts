import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import { whereIs } from './programs.ts'

export interface Tab {
  /** The value of an expression in the page. */
  evaluate(expression: string): Promise<unknown>
  /** Ends the browser. */
  close(): Promise<void>
}

interface Answer {
  readonly id: number
  readonly result: { readonly result: { readonly value: unknown } }
}

/** Opens a page in a headless chromium of its own. `--no-sandbox`, as tests may run as root; the page is our own. */
export async function openTab(url: string): Promise<Tab> {
  const profile = await mkdtemp(join(tmpdir(), 'sallyport-browser-'))
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0', '--no-first-run']
  const browser = spawn(whereIs('chromium') as string, [...flags, `--user-data-dir=${profile}`, url], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(browser, 'exit')

  const endpoint = await new Promise<string>((resolve, reject) => {
    createInterface(browser.stderr).on('line', (line) => {
      const [, port] = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(line) ?? []
      if (port !== undefined) resolve(`http://127.0.0.1:${port}`)
    })
    exited.then(() => reject(new Error('chromium ended before it listened')))
  })
  const targets = (await (await fetch(`${endpoint}/json/list`)).json()) as {
    type: string
    webSocketDebuggerUrl: string
  }[]
  const page = targets.find(({ type }) => type === 'page')
  if (page === undefined) throw new Error('chromium has no page')
  const socket = new WebSocket(page.webSocketDebuggerUrl)
  await once(socket, 'open')

  let calls = 0
  return {
    async evaluate(expression) {
      const id = ++calls
      const answered = new Promise<unknown>((resolve, reject) => {
        const read = (data: Buffer): void => {
          const answer = JSON.parse(data.toString()) as Answer
          if (answer.id !== id) return
          socket.off('message', read)
          socket.off('close', gone)
          resolve(answer.result.result.value)
        }
        const gone = (): void => reject(new Error('the browser is gone'))
        socket.on('message', read)
        socket.on('close', gone)
      })
      socket.send(JSON.stringify({ id, method: 'Runtime.evaluate', params: { expression, awaitPromise: true } }))
      return answered
    },
    async close() {
      socket.terminate()
      browser.kill('SIGKILL')
      await exited
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
