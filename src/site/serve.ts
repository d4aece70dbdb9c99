/** Serves a built site as static hosts do, for the screenshots and the browser tests. */
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { gzipSync } from 'node:zlib'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
}

/** With the headers that the site’s `_headers` asks for, if it has one. */
export async function serve(folder: string): Promise<{ url: string; close: () => void }> {
  const headers = readHeaders(folder)
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname))
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path)
    try {
      const body = await readFile(file)
      const type = types[extname(file)] ?? 'application/octet-stream'
      const zipped = /\bgzip\b/.test(String(request.headers['accept-encoding'])) && /text|json|svg/.test(type)
      response
        .writeHead(200, { ...headers, 'content-type': type, ...(zipped && { 'content-encoding': 'gzip' }) })
        .end(zipped ? gzipSync(body) : body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Those for every path. Not the one for HTTPS, which is not spoken here. */
function readHeaders(folder: string): Record<string, string> {
  const file = join(folder, '_headers')
  if (!existsSync(file)) return {}
  const [, block = ''] = /^\/\*\n((?: {2}.*\n)*)/m.exec(readFileSync(file, 'utf8')) ?? []
  const headers = [...block.matchAll(/^ {2}([\w-]+): (.*)$/gm)].map(([, name = '', value = '']) => [
    name,
    value,
  ])
  return Object.fromEntries(headers.filter(([name]) => name !== 'Strict-Transport-Security'))
}
