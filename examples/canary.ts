// A new version gets a tenth of the users, testers get it always, and it sees copies of everybody's reads.
import Fastify from 'fastify'
import balance from '../plugins/balance/index.ts'
import { serverOptions } from '../plugins/kernel/index.ts'
import reverseProxy from '../plugins/reverse-proxy/index.ts'

const stable = process.env.STABLE ?? 'http://127.0.0.1:3000'
const canary = process.env.CANARY ?? 'http://127.0.0.1:3001'

const app = Fastify(serverOptions())
await app.register(balance, { pools: { stable: { upstreams: [stable] }, canary: { upstreams: [canary] } } })

await app.register(reverseProxy, {
  split: {
    pools: [
      { pool: 'stable', weight: 90 },
      { pool: 'canary', weight: 10 },
    ],
    // Asked before the weights.
    rules: [{ pool: 'canary', when: { field: 'x-canary', value: 'yes' } }],
    // One user stays on one side, also when the weights change.
    by: { cookie: 'session' },
  },
})

// The same, earlier: no client sees what the canary answers here. Reads alone are copied, a quarter of them.
await app.register(reverseProxy, { prefix: '/rehearsal', pool: 'stable', mirror: { pool: 'canary', share: 0.25 } })

console.log(await app.listen({ port: Number(process.env.PORT ?? 8080) }))
