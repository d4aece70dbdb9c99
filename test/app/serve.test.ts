import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, type ClientRequest, get, type IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

async function answerOf(request: ClientRequest) {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const { statusCode: status, headers } = response
  return { status, connection: headers.connection, body: await text(response) }
}

test('starts without its dependencies, says so, and ends with 0 three seconds after SIGTERM', async () => {
  const port = await freePort()
  const child = spawn(process.execPath, ['stack/app/src/main.ts', 'serve'], {
    env: {
      DATABASE_URL: 'postgres://app@127.0.0.1:1/app',
      REDIS_URL: 'redis://127.0.0.1:1',
      S3_ENDPOINT: 'http://127.0.0.1:1',
      S3_ACCESS_KEY: 'x',
      S3_SECRET_KEY: 'x',
      APP_URL: 'http://localhost',
      APP_SECRET: 'x'.repeat(32),
      PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const lines: { msg: string }[] = []
  const { promise: serving, resolve } = Promise.withResolvers<void>()
  let rest = ''
  child.stdout.on('data', (chunk) => {
    const [...whole] = `${rest}${chunk}`.split('\n')
    rest = whole.pop() ?? ''
    lines.push(...whole.map((line) => JSON.parse(line)))
    if (lines.some(({ msg }) => msg === 'serving')) resolve()
  })
  try {
    await serving
    const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`)
    expect((await ask('/livez')).status).toBe(200)
    const ready = await ask('/readyz')
    expect([ready.status, await ready.json()]).toMatchObject([
      503,
      { failed: ['database', 'cache', 'store'] },
    ])

    const proxy = new Agent({ keepAlive: true })
    const kept = (path: string, agent: Agent | false = proxy) => answerOf(get({ port, path, agent }))
    await Promise.all([kept('/livez'), kept('/livez')])
    const start = Date.now()
    child.kill('SIGTERM')
    await expect.poll(() => lines.some(({ msg }) => msg.startsWith('stopping'))).toBe(true)
    await expect(kept('/livez', false)).rejects.toThrow('ECONNREFUSED')
    const [last, version] = [await kept('/readyz'), await kept('/version')]
    expect([last.status, JSON.parse(last.body)]).toMatchObject([503, { failed: ['draining'] }])
    expect([version.status, version.connection]).toEqual([200, 'close'])
    await expect(kept('/version')).rejects.toThrow('ECONNREFUSED')
    expect(await exited).toEqual([0, null])
    expect(Date.now() - start).toBeGreaterThanOrEqual(3000)
    expect(lines.at(-1)).toMatchObject({ msg: 'stopped' })
  } finally {
    child.kill('SIGKILL')
  }
})
