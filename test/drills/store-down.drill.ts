import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkRepositoryLog, drill, inSecrets, mayLack, repositoryLog, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

const hash = (body: string) => createHash('sha256').update(body, 'latin1').digest('hex')

async function prepare(scene: Scene & Tools): Promise<void> {
  const { sql, http, notes } = scene
  notes.id = await sql`select min(id::text) from books`
  const { body } = await http(`/api/books/${notes.id}`, { milliseconds: 20_000 })
  notes.cover = JSON.parse(body).cover.url
  notes.hash = hash((await http(notes.cover ?? '', { milliseconds: 20_000 })).body)
  notes.log = JSON.stringify(await repositoryLog(scene))
}

/** A user who looks at one of the covers. */
const coverIsThere = ({ http, notes }: Scene & Tools) =>
  http(notes.cover ?? '')
    .then(({ status, body }) => status === 200 && hash(body) === notes.hash)
    .catch(() => false)

/** Users go on writing rows, so that some of the log has to wait. */
async function goOn(scene: Scene & Tools): Promise<void> {
  const { ledger, sql } = scene
  for (let segment = 0; segment < 3; segment++) {
    await ledger.written(20)
    await sql`select pg_switch_wal()`
  }
  if (await coverIsThere(scene)) throw new Error('The store still answers.')
  if ((await waiting(scene)) < 3) throw new Error('Nothing waits for the archive.')
}

/** Segments of the write-ahead log that are not in the archive yet. */
const waiting = async ({ exec }: Tools) =>
  Number(await exec('db', 'sh', '-c', 'ls "$PGDATA"/pg_wal/archive_status | grep -c "[.]ready$" || true'))

/** Every segment of the history that is served, one after the other. */
async function verify(scene: Scene & Tools): Promise<void> {
  const { ledger, exec, notes, sql } = scene
  // The last of each writer may have been under way when the ledger was stopped.
  const refused = ledger.entries.slice(0, -4).filter(({ acknowledged }) => !acknowledged)
  if (refused.length > 0) throw new Error(`${refused.length} writes failed while the store was away.`)
  await exec('db', 'archive-now')
  await checkRepositoryLog(scene, notes.log ?? '')
  const timeline = await sql`select left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)`
  const { files } = await repositoryLog(scene)
  const numbers = files.flatMap((file) => {
    const [, name = ''] = /([0-9A-F]{24})-[0-9a-f]{40}/.exec(file) ?? []
    const number = Number.parseInt(name.slice(8, 16), 16) * 256 + Number.parseInt(name.slice(16), 16)
    return name.startsWith(timeline) ? [number] : []
  })
  numbers.sort((a, b) => a - b)
  const hole = numbers.find((number, at) => at > 0 && number !== (numbers[at - 1] ?? 0) + 1)
  if (numbers.length < 4 || hole !== undefined)
    throw new Error(`The archive has ${numbers.length} segments; there is a hole before ${hole}.`)
}

const common = { prepare, verify, limits: { rpo: 0 }, serving: coverIsThere }

drill('store-down', {
  ...common,
  scenario: 'The store has been stopped',
  async disaster(scene) {
    await scene.stack.compose(['stop', 'store'])
    await goOn(scene)
  },
})

/** It is there and takes connections, and nobody gets an answer. */
drill('store-down', {
  ...common,
  scenario: 'The store hangs',
  async disaster(scene) {
    await scene.exec('store', 'sh', '-c', 'kill -STOP $(pidof radosgw)')
    await goOn(scene)
  },
  mutants: true,
})

twin('store-down', {
  twin: 'The key of its certificate is missing',
  async break(scene) {
    await inSecrets(scene, 'rm /run/secrets/store/server.key')
    await scene.stack.compose(['restart', 'store'])
  },
  async mend(scene) {
    await scene.stack.compose(['run', '--rm', '--no-deps', '-T', 'secrets'])
    await scene.stack.compose(['restart', 'store'])
    await answers(scene)
  },
  message: /its secret .*server\.key is missing/,
})

/** As after a change of the environment’s file, or with another store’s volume. */
twin('store-down', {
  twin: 'The volume is not of the kind that is configured',
  async break({ stack, run }) {
    await stack.compose(['stop', 'store'])
    await run('store', 'sed', '-i', 's/^memstore/bluestore/', '/var/lib/ceph/created')
    await stack.compose(['start', 'store'])
  },
  async mend(scene) {
    await scene.stack.compose(['stop', 'store'])
    await scene.run('store', 'sed', '-i', 's/^bluestore/memstore/', '/var/lib/ceph/created')
    await scene.stack.compose(['start', 'store'])
    await answers(scene)
  },
  message: /The volume holds a bluestore store, and STORE_BACKEND says memstore/,
})

twin('store-down', {
  twin: 'The store is well',
  async break() {},
  async mend() {},
  message: /The store answers, so there is nothing to start/,
})

/** Until the store answers, and both instances of the application have noticed: they are asked in turn. */
async function answers({ stack, sql, http }: Pick<Scene & Tools, 'stack' | 'sql' | 'http'>): Promise<void> {
  const cover = `/api/books/${await sql`select min(id::text) from books`}/cover`
  for (let left = 30, served = 0; left > 0; left--) {
    try {
      await stack.compose(['exec', '-T', 'toolbox', 'store-answers', '20'])
      served = (await http(cover, { milliseconds: 20_000 })).status === 200 ? served + 1 : 0
      if (served === 4) return
    } catch {
      served = 0
    }
    if (served === 0) await sleep(1000)
  }
  throw new Error('The store does not answer any more.')
}

mayLack('store-down', { command: 'logs --no-log-prefix', why: 'It only shows what the store said.' })
mayLack('store-down', { command: 'ps --all store', why: 'It only shows the state.' })
mayLack('store-down', { command: 'wal-room', why: 'It only tells how long there is.' })
mayLack('store-down', {
  command: 'archive-now 600',
  why: 'The database archives by itself. It waits for that, so that nobody ends the incident before its end.',
})
mayLack('store-down', {
  command: 'app:3000/readyz',
  why: 'It waits until the application has noticed, which it does by itself.',
})
mayLack('store-down', { command: 'app reconcile', why: 'It only compares.' })
