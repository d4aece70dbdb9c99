import { emptyPlace, moveBack, moveToEmptyPlace } from './empty-project.ts'
import { drill, mayLack, scratchFiles, system, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

/** A stack of its own: the environment's file is led elsewhere, which the sandbox's must never be. */
const before = async () => {}

/** What an operator does before: the file is written, the images are there, the toolbox is started. */
async function begin({ stack }: Scene, entries?: Record<string, string>): Promise<void> {
  await moveToEmptyPlace(stack, entries)
  await place({ stack }).stack.compose(['up', '--detach', '--wait', 'toolbox'])
}

function place({ stack }: Pick<Scene, 'stack'>) {
  const found = emptyPlace(stack)
  if (!found) throw new Error('There is no empty place.')
  return found
}

const migrations = ({ sql }: Tools) => sql`select string_agg(name, ' ' order by id) from migrations`

interface Backup {
  type: string
  error: boolean
  annotation?: { contents?: string }
}

drill('first-run', {
  scenario: 'An engine has nothing of this system but its images',
  before,
  disaster: (scene) => begin(scene),
  /** Users of the new system: it has no book yet, and says so. */
  async serving({ stack }) {
    const answer = await emptyPlace(stack)?.tools.http('/api/books?limit=1')
    return answer?.status === 200
  },
  limits: { rpo: 0 },
  async verify(scene) {
    try {
      await checkNew(scene)
    } finally {
      await moveBack(scene.stack)
    }
  },
  mutants: true,
})

/** Migrated, backed up, proven, at work, with secrets of its own; and users can work with it. */
async function checkNew(scene: Scene & Tools): Promise<void> {
  const { stack, tools } = place(scene)
  const [theirs, ours] = [await migrations(scene), await migrations(tools)]
  if (!ours || ours !== theirs) throw new Error(`Migrations: ${ours}, expected ${theirs}`)

  const info = JSON.parse(await tools.exec('toolbox', 'pgbackrest', 'info', '--output=json'))
  // A run that was killed and went on may have taken two.
  const full = (info[0].backup as Backup[]).find(
    ({ type, error, annotation }) => type === 'full' && !error && annotation?.contents,
  )
  const { tables } = JSON.parse(full?.annotation?.contents ?? '{}') as { tables?: Record<string, [number]> }
  if (tables?.['public.migrations']?.[0] !== ours.split(' ').length)
    throw new Error(`The first backup’s record: ${JSON.stringify(tables ?? info).slice(0, 300)}`)
  const dumps = await tools.exec('toolbox', 'rclone', 'lsf', 'store:backups/dumps')
  if (!/\.json$/m.test(dumps)) throw new Error(`Dumps: ${dumps}`)
  const left = await scratchFiles(tools)
  if (left) throw new Error(`The copy that was verified was not removed: ${left.slice(0, 200)}`)

  await checkServices(stack)
  const serial = (where: Tools) => where.exec('toolbox', 'served-certificate', '--serial')
  if ((await serial(tools)) === (await serial(scene))) throw new Error('Two systems have one certificate.')
  await checkSecrets(scene)

  await stack.compose(['run', '--rm', '--no-deps', '-T', 'app', 'seed', '--books', '5'])
  const objects = await system.objects(stack)
  const bad = Object.entries(objects).filter(([, hash]) => /^(none|status)/.test(hash))
  if (Object.keys(objects).length < 10 || bad.length > 0)
    throw new Error(`Of the first books, users do not get ${JSON.stringify(bad).slice(0, 200)}`)
}

/** What runs is healthy, and nothing is missing. */
async function checkServices(stack: Scene['stack']): Promise<void> {
  const running = (await stack.compose(['ps', '--format', 'json']))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { Service: string; Health: string })
  const ill = running.filter(({ Health }) => Health !== 'healthy').map(({ Service }) => Service)
  const services = [...new Set(running.map(({ Service }) => Service))].sort().join(' ')
  if (ill.length > 0 || services !== 'app cache db pooler proxy scheduler store toolbox')
    throw new Error(`Running: ${services}; not healthy: ${ill}`)
}

/** Its own, and none of them in what the run has left: a pasted shell leaves no journal. */
async function checkSecrets(scene: Scene): Promise<void> {
  const { stack, tools } = place(scene)
  const ours = (await system.secrets?.(stack)) ?? {}
  const theirs = (await system.secrets?.(scene.stack)) ?? {}
  const journal = await tools.exec(
    'toolbox',
    'find',
    '/var/lib/drillbook/',
    '-name',
    '*.jsonl',
    '-exec',
    'cat',
    '{}',
    '+',
  )
  for (const [name, value] of Object.entries(ours)) {
    if (name !== 'canary' && value.length >= 20 && theirs[name] === value)
      throw new Error(`The secret ${name} is that of the other system.`)
    if (value.length >= 20 && journal.includes(value))
      throw new Error(`The secret ${name} is in the journal.`)
  }
}

twin('first-run', {
  twin: 'Another system has the port',
  before,
  break: (scene) => begin(scene, { HTTPS_PORT: scene.stack.entries.HTTPS_PORT ?? '' }),
  mend: ({ stack }) => moveBack(stack),
  message: /port is already allocated|address already in use/,
})

twin('first-run', {
  twin: 'No authority gives a certificate',
  before,
  break: (scene) => begin(scene, { TLS_ISSUER: 'acme', ACME_DIRECTORY: 'https://127.0.0.1:1/directory' }),
  mend: ({ stack }) => moveBack(stack),
  message: /The proxy serves no certificate for localhost/,
  mutants: true,
})

mayLack('first-run', {
  command: 'run --rm --no-deps -T migrate',
  why: 'The start of the application runs it, too. As a step of its own it says which migration failed.',
})
mayLack('first-run', {
  command: 'pgbackrest check',
  why: 'A backup whose log does not arrive fails, too. The check says so within seconds, and before.',
})
mayLack('first-run', { command: 'pgbackrest info', why: 'It only lists.' })
mayLack('first-run', {
  command: 'prepare-scratch',
  why: 'There was no copy before. That one of an earlier try is removed is for the drill of “Verify a backup”.',
})
for (const command of ['scratch check-restored', 'read-dump'])
  mayLack('first-run', {
    command,
    why: 'Nothing is wrong with this backup. That a wrong one is found is for the drill of “Verify a backup”.',
  })
for (const command of ['readiness-facts', 'readiness-report'])
  mayLack('first-run', {
    command,
    why: 'Nothing is wrong with this system. That what is wrong gets a no is for the drill of “Check the readiness”.',
  })
