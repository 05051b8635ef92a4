import type { FastifyInstance } from 'fastify'
import type { Origin } from './origins/origin.ts'

/** Lists the instances of the API, and stops and starts them: something to break and to watch. */
export async function instanceRoutes(
  app: FastifyInstance,
  { instances }: { instances: readonly Origin[] },
): Promise<void> {
  app.get('/', async () => instances.map(({ name, running }) => ({ name, running })))

  app.post<{ Params: { name: string; action: string } }>('/:name/:action', async ({ params }, reply) => {
    const instance = instances.find(({ name }) => name === params.name)
    if (instance === undefined || (params.action !== 'stop' && params.action !== 'start')) {
      return reply.code(404).send({ error: 'no such instance or action' })
    }
    await instance[params.action]()
    return { name: instance.name, running: instance.running }
  })
}
