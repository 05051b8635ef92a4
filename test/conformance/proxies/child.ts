import { NotApplicable, type RunningProxy, type Setup } from '../harness/case.ts'
import { proxies } from './all.ts'

export type Order =
  | { readonly id: number; readonly start: { readonly upstreams: readonly string[]; readonly setup: Setup } }
  | { readonly id: number; readonly close: number }
  | { readonly id: number; readonly memory: number }

export interface Report {
  readonly id: number
  readonly value?: number
  readonly failure?: { readonly message: string; readonly notApplicable: boolean }
}

// Serves as a process of its own: holds the proxies of one kind, so that a crash takes nothing else along.
const load = proxies[process.argv[2] ?? '']
if (load === undefined) throw new Error(`No proxy is called '${process.argv[2]}'`)
const under = await load()
const running = new Map<number, RunningProxy>()

process.on('disconnect', () => process.exit())
process.on('message', (order: Order) => {
  obey(order).then(
    (value) => report({ id: order.id, value }),
    (error: Error) =>
      report({ id: order.id, failure: { message: error.message, notApplicable: error instanceof NotApplicable } }),
  )
})
report({ id: 0 })

async function obey(order: Order): Promise<number> {
  if ('start' in order) {
    const proxy = await under.start(order.start.upstreams, order.start.setup)
    running.set(proxy.port, proxy)
    return proxy.port
  }
  if ('memory' in order) return (await running.get(order.memory)?.memory()) ?? 0
  await running.get(order.close)?.close()
  running.delete(order.close)
  return 0
}

function report(message: Report): void {
  process.send?.(message)
}
