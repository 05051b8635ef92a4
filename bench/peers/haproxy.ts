import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender } from './contenders.ts'
import { freePort, launchProgram, onPath } from './launch.ts'

export const haproxy: Contender = {
  id: 'haproxy',
  label: 'HAProxy',
  note: 'one thread, `http-reuse always`, no log',
  protocols: ['h1', 'h2'],
  version() {
    if (!onPath('haproxy')) return undefined
    return /version ([\w.]+)/.exec(spawnSync('haproxy', ['-v'], { encoding: 'utf8' }).stdout)?.[1]
  },
  async start({ origin, protocol, core, directory }) {
    const port = await freePort()
    const file = join(directory, `haproxy-${protocol}.cfg`)
    writeFileSync(file, configuration(port, origin, protocol === 'h2' ? ' proto h2' : ''))
    return await launchProgram('haproxy', ['-db', '-q', '-f', file], port, core)
  },
}

function configuration(port: number, origin: string, proto: string): string {
  return `global
  maxconn 4096
  nbthread 1
defaults
  mode http
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend clients
  bind 127.0.0.1:${port}${proto}
  default_backend origin
backend origin
  server origin ${new URL(origin).host}
`
}
