// Run by smoke.sh in a folder where nothing but the package is installed.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import Fastify from 'fastify'
import sallyport, { serverOptions } from 'sallyport'
import balance from 'sallyport/balance'
import kernel from 'sallyport/kernel'
import observe from 'sallyport/observe'
import reverseProxy from 'sallyport/reverse-proxy'

setTimeout(() => {
  console.error('nothing after 60 s')
  process.exit(1)
}, 60_000).unref()

const origin = createServer((request, response) => response.end(`origin saw ${request.url}`))
origin.listen(0, '127.0.0.1')
await once(origin, 'listening')
const to = `http://127.0.0.1:${origin.address().port}`

for (const plugin of [sallyport, balance, kernel, observe, reverseProxy]) assert.equal(typeof plugin, 'function')

const app = Fastify(serverOptions())
await app.register(sallyport, { reverse: { upstream: to }, observe: { accessLog: false } })
const url = await app.listen({ host: '127.0.0.1', port: 0 })
assert.equal(await (await fetch(`${url}/code`)).text(), 'origin saw /code')
await app.close()
console.log('from code: fine')

const child = spawn('npx', ['--no', 'sallyport', 'reverse', '--to', to, '--listen', '127.0.0.1:0'], {
  stdio: ['ignore', 'pipe', 'pipe'],
  detached: true,
})
const said = await new Promise((resolve, reject) => {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      text += `${line}\n`
      for (const [found] of line.matchAll(/http:\/\/127\.0\.0\.1:\d+/g)) if (found !== to) resolve(found)
    })
  }
  child.once('exit', (code) => reject(new Error(`sallyport ended with ${code}:\n${text}`)))
})
child.removeAllListeners('exit')
assert.equal(await (await fetch(`${said}/command`)).text(), 'origin saw /command')
const exited = once(child, 'exit')
process.kill(-child.pid, 'SIGTERM')
await exited
origin.close()
console.log('from the command line: fine')
