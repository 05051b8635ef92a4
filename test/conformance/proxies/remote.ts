import { type ChildProcess, fork } from 'node:child_process'
import { NotApplicable, type ProxyUnderTest, type RunningProxy, type Setup } from '../harness/case.ts'
import type { Order, Report } from './child.ts'

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never

/** A proxy in a process of its own. When that has died, `crashed` says how, and the next start begins a new one. */
export class RemoteProxy implements ProxyUnderTest {
  readonly name: string
  /** How the process died since `forget`, or undefined. */
  crashed: string | undefined
  #child: ChildProcess | undefined
  #forking: Promise<void> | undefined
  #exited: Promise<void> = Promise.resolve()
  #orders = 0
  #errors = ''
  readonly #waiting = new Map<number, (report: Report) => void>()

  constructor(name: string) {
    this.name = name
  }

  async start(upstreams: readonly string[], setup: Setup): Promise<RunningProxy> {
    await this.#deathComplete()
    // Starts at the same time share the process.
    if (this.#child === undefined) {
      this.#forking ??= this.#fork().finally(() => {
        this.#forking = undefined
      })
      await this.#forking
    }
    const port = await this.#order({ start: { upstreams, setup } })
    return {
      port,
      close: async () => {
        if (this.#child !== undefined) await this.#order({ close: port })
      },
      memory: () => this.#order({ memory: port }),
    }
  }

  /** Asks the process for a sign of life; it has died when it cannot give one. */
  async check(): Promise<void> {
    if (this.#child !== undefined) await this.#order({ memory: 0 }).catch(() => {})
    await this.#deathComplete()
  }

  forget(): void {
    this.crashed = undefined
  }

  /** Ends the process. */
  stop(): void {
    this.#child?.removeAllListeners('close')
    this.#child?.kill('SIGKILL')
    this.#child = undefined
  }

  async #fork(): Promise<void> {
    const child = fork(new URL('./child.ts', import.meta.url), [this.name], { silent: true })
    this.#errors = ''
    child.stdout?.resume()
    child.stderr?.on('data', (text) => {
      this.#errors = (this.#errors + String(text)).slice(-4000)
    })
    child.on('error', () => {})
    child.on('message', (report: Report) => this.#waiting.get(report.id)?.(report))
    this.#exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#died(`${signal ?? `exit code ${code}`}: ${firstError(this.#errors)}`)
        resolve()
      })
    })
    const { failure } = await new Promise<Report>((resolve) => this.#waiting.set(0, resolve))
    this.#waiting.delete(0)
    if (failure !== undefined) throw new Error(failure.message)
    this.#child = child
  }

  /** A process that dies closes its channel first and is gone some time later: a new one may not begin before. */
  async #deathComplete(): Promise<void> {
    if (this.#child?.connected === false) await this.#exited
  }

  #died(how: string): void {
    this.#child = undefined
    this.crashed = how
    for (const [id, answer] of this.#waiting) {
      answer({ id, failure: { message: `the process has died: ${how}`, notApplicable: false } })
    }
  }

  async #order(order: Unnumbered<Order>): Promise<number> {
    const id = ++this.#orders
    const report = await new Promise<Report>((resolve) => {
      this.#waiting.set(id, resolve)
      // An order to a dying process is answered when it is dead.
      if (this.#child === undefined) resolve({ id, failure: { message: 'the process is gone', notApplicable: false } })
      else if (this.#child.connected) this.#child.send({ ...order, id }, () => {})
    })
    this.#waiting.delete(id)
    if (report.failure?.notApplicable) throw new NotApplicable(report.failure.message)
    if (report.failure !== undefined) throw new Error(report.failure.message)
    return report.value ?? 0
  }
}

function firstError(text: string): string {
  return (
    text
      .split('\n')
      .find((line) => /Error|Assertion/.test(line))
      ?.trim() ?? ''
  )
}
