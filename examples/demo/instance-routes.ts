import type { FastifyInstance } from 'fastify'
import type { LivePool } from '../../plugins/balance/index.ts'
import type { OriginProcess } from './origins/process.ts'

export interface InstanceOptions {
  readonly instances: readonly OriginProcess[]
  readonly pool: LivePool
}

/** Lists the instances of the API as the pool sees them; kills them, drains them, makes them ready again. */
export async function instanceRoutes(app: FastifyInstance, { instances, pool }: InstanceOptions): Promise<void> {
  app.get('/', async () => {
    const reports = new Map(pool.list().map((report) => [report.id, report]))
    return instances.map(({ name, url, pid }) => {
      const { health, state, active } = reports.get(idOf(url)) ?? {}
      return { name, pid, health, state, active }
    })
  })

  app.post<{ Params: { name: string; action: string } }>('/:name/:action', async ({ params }, reply) => {
    const { name, action } = params
    const instance = instances.find((one) => one.name === name)
    if (instance === undefined) return reply.code(404).send({ error: 'no such instance' })
    const id = idOf(instance.url)
    if (action === 'kill') instance.kill()
    else if (action === 'drain') pool.drain(id)
    else if (action === 'ready') pool.ready(id)
    else return reply.code(404).send({ error: 'no such action; there are kill, drain and ready' })
    return { name, action }
  })
}

/** What the pool calls the upstream of that URL. */
export const idOf = (url: string): string => new URL(url).host
