import { once } from 'node:events'
import http from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { contenders } from '../peers/contenders.ts'
import { bigOrigin } from './big-origin.ts'

const origin = await bigOrigin()
const contender = contenders.find(({ id }) => id === (process.argv[2] ?? 'sallyport'))!
const proxy = await contender.start({
  origin: `http://127.0.0.1:${origin.port}`,
  protocol: 'h1',
  core: 1,
  directory: '/tmp',
  nodeFlags: ['--require', '/tmp/x/mem.cjs', ...process.argv.slice(3)],
})
await setTimeout(1500)
const request = http.get({ host: '127.0.0.1', port: proxy.port, path: `/bytes/${2 ** 30}`, agent: false })
const [response] = (await once(request, 'response')) as [http.IncomingMessage]
const t = performance.now()
for await (const chunk of response) void chunk
console.log(((performance.now() - t) / 1000).toFixed(1), 's')
process.kill(proxy.pid, 'SIGUSR2')
await setTimeout(300)
await proxy.stop()
await origin.close()
