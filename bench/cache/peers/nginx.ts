import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort, launchProgram } from '../../peers/launch.ts'
import { nginx as plain } from '../../peers/nginx.ts'
import type { CacheContender } from './contenders.ts'

export const nginx: CacheContender = {
  id: 'nginx',
  label: 'nginx proxy_cache',
  note: 'one worker, files of the cache in the page cache, `open_file_cache`, `sendfile`, access log off',
  caches: true,
  version: () => plain.version(),
  async start({ origin, core, directory }) {
    const port = await freePort()
    const file = join(directory, 'nginx.conf')
    writeFileSync(file, configuration(port, new URL(origin).host, directory))
    return await launchProgram('nginx', ['-p', directory, '-e', 'stderr', '-c', file], port, core)
  },
}

function configuration(port: number, origin: string, directory: string): string {
  return `daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr error;
${process.getuid?.() === 0 ? `user ${userInfo().username};` : ''}
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  client_body_temp_path ${directory}/nginx-body;
  proxy_temp_path ${directory}/nginx-proxy;
  fastcgi_temp_path ${directory}/nginx-fastcgi;
  uwsgi_temp_path ${directory}/nginx-uwsgi;
  scgi_temp_path ${directory}/nginx-scgi;
  open_file_cache max=1000 inactive=1h;
  open_file_cache_valid 1h;
  proxy_cache_path ${directory}/nginx-cache levels=1:2 keys_zone=hits:10m max_size=256m inactive=1h use_temp_path=off;
  upstream origin {
    server ${origin};
    keepalive 128;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_cache hits;
      add_header X-Cache $upstream_cache_status;
    }
  }
}
`
}
