import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Origin, startOrigin } from './origin.ts'

const types = {
  'index.html': 'text/html; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'gate.svg': 'image/svg+xml',
} as const

/** An HTML site with its assets, which answers 304 where nothing has changed. */
export function startSite(): Promise<Origin> {
  const files = new Map(
    Object.entries(types).map(([name, type]) => {
      const body = readFileSync(new URL(`site/${name}`, import.meta.url))
      const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`
      return [name === 'index.html' ? '/' : `/${name}`, { body, fields: { 'content-type': type, etag } }]
    }),
  )

  return startOrigin('site', function site(request, response) {
    const file = files.get(request.url?.split('?')[0] ?? '/')
    if (file === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('no such page\n')
    } else if (request.headers['if-none-match'] === file.fields.etag) {
      response.writeHead(304, { etag: file.fields.etag }).end()
    } else {
      response.writeHead(200, { ...file.fields, 'cache-control': 'no-cache', 'content-length': file.body.length })
      response.end(request.method === 'HEAD' ? undefined : file.body)
    }
  })
}
