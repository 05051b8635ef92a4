import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Contender } from './contenders.ts'
import { freePort, launchProgram, onPath } from './launch.ts'

export const nginx: Contender = {
  id: 'nginx',
  label: 'nginx',
  note: 'one worker, upstream keep-alive 128, HTTP/1.1 upstream, access log off, no temporary files for answers',
  protocols: ['h1', 'h2'],
  version() {
    if (!onPath('nginx')) return undefined
    return /nginx\/(\S+)/.exec(spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr)?.[1]
  },
  async start({ origin, protocol, core, directory }) {
    const port = await freePort()
    const file = join(directory, `nginx-${protocol}.conf`)
    const h2 = protocol === 'h2' ? http2Words(nginx.version() ?? '') : { listen: '', line: '' }
    writeFileSync(file, configuration({ port, origin, h2, directory, name: protocol }))
    return await launchProgram('nginx', ['-p', directory, '-e', 'stderr', '-c', file], port, core)
  },
}

interface Http2Words {
  readonly listen: string
  readonly line: string
}

/** Since 1.25.1 HTTP/2 is a directive of its own; before, a word of `listen`. */
function http2Words(version: string): Http2Words {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const own = major > 1 || minor > 25 || (minor === 25 && patch >= 1)
  return own ? { listen: '', line: 'http2 on;' } : { listen: ' http2', line: '' }
}

interface Configuration {
  readonly port: number
  readonly origin: string
  readonly h2: Http2Words
  readonly directory: string
  readonly name: string
}

function configuration({ port, origin, h2, directory, name }: Configuration): string {
  return `daemon off;
worker_processes 1;
pid ${directory}/nginx-${name}.pid;
error_log stderr error;
${process.getuid?.() === 0 ? `user ${userInfo().username};` : ''}
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000;
  client_body_buffer_size 64k;
  client_body_temp_path ${directory}/nginx-body;
  proxy_temp_path ${directory}/nginx-proxy;
  fastcgi_temp_path ${directory}/nginx-fastcgi;
  uwsgi_temp_path ${directory}/nginx-uwsgi;
  scgi_temp_path ${directory}/nginx-scgi;
  proxy_max_temp_file_size 0;
  upstream origin {
    server ${new URL(origin).host};
    keepalive 128;
    keepalive_requests 1000000;
  }
  server {
    listen 127.0.0.1:${port}${h2.listen};
    ${h2.line}
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }
  }
}
`
}
