import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { freePort, launchProgram, onPath } from '../../peers/launch.ts'
import type { CacheContender } from './contenders.ts'

export const varnish: CacheContender = {
  id: 'varnish',
  label: 'Varnish',
  note: '`-s malloc,256m`, built-in VCL, its log in shared memory as by default; manager and child counted',
  caches: true,
  version() {
    if (!onPath('varnishd')) return undefined
    return /varnish-([\d.]+)/.exec(spawnSync('varnishd', ['-V'], { encoding: 'utf8' }).stderr)?.[1]
  },
  async start({ origin, core, directory }) {
    const port = await freePort()
    // Its manager tells each of its steps on standard error; -n is where it compiles and keeps its log.
    const args = ['-F', '-j', 'none', '-n', join(directory, 'varnish'), '-s', 'malloc,256m']
    const addresses = ['-a', `127.0.0.1:${port}`, '-b', new URL(origin).host]
    const quiet = ['-c', 'exec varnishd "$@" 2>/dev/null', 'varnishd', ...args, ...addresses]
    return await launchProgram('sh', quiet, port, core)
  },
}
