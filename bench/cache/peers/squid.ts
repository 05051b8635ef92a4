import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, launchProgram, onPath } from '../../peers/launch.ts'
import type { CacheContender } from './contenders.ts'

export const squid: CacheContender = {
  id: 'squid',
  label: 'Squid',
  note: 'accelerator, one process, memory cache of 256 MB and no disk, no logs',
  caches: true,
  version() {
    if (!onPath('squid')) return undefined
    return /Version (\S+)/.exec(spawnSync('squid', ['-v'], { encoding: 'utf8' }).stdout)?.[1]
  },
  async start({ origin, core, directory }) {
    const port = await freePort()
    const file = join(directory, 'squid.conf')
    writeFileSync(file, configuration(port, new URL(origin)))
    return await launchProgram('squid', ['-N', '-f', file], port, core)
  },
}

/** Started as root it becomes another user, who may write nowhere: so it has no files at all. */
function configuration(port: number, { hostname, port: originPort }: URL): string {
  return `http_port 127.0.0.1:${port} accel defaultsite=${hostname} no-vhost
cache_peer ${hostname} parent ${originPort} 0 no-query no-digest originserver name=origin
http_access allow all
visible_hostname bench
cache_mem 256 MB
maximum_object_size_in_memory 4 MB
access_log none
cache_store_log none
cache_log /dev/null
pid_filename none
coredump_dir none
netdb_filename none
pinger_enable off
shutdown_lifetime 0 seconds
`
}
