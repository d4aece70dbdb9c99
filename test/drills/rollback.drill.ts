import { execa } from 'execa'
import { noneFailed, startLoad } from './load.ts'
import {
  build,
  containers,
  faults,
  haveLiveName,
  keepServed,
  migration,
  nextVersion,
  nothingLeft,
  ownLiveName,
  type Scene,
  sameServe,
  servedVersion,
  staysAtStart,
} from './releases.ts'
import { drill, mayLack, system, type Tools, twin } from './stack.ts'

const rate = 40

/** Another version serves, and the former one is kept. */
async function replaced(scene: Scene & Tools, lines: string[] = []): Promise<void> {
  await haveLiveName(scene)
  scene.notes.former = await keepServed(scene)
  scene.notes.present = await nextVersion(scene)
  await execa('docker', [
    'tag',
    await build(scene, scene.notes.present, lines),
    scene.stack.entries.APP_IMAGE ?? '',
  ])
  await scene.stack.compose(['run', '--rm', '--no-deps', '-T', 'migrate'])
  await scene.stack.compose(['up', '--detach', '--no-deps', '--wait', 'app'])
  await keepServed(scene)
  scene.notes.containers = await containers(scene)
}

const later = '20990101000000001_later'
const drop = ({ sql }: Tools) =>
  sql`drop table if exists later; delete from migrations where name = '${later}'`

drill('rollback', {
  scenario: 'The former version is wanted back, after a migration, while users read and write',
  before: ownLiveName,
  async prepare(scene) {
    scene.notes.tables = JSON.stringify(await system.tables(scene.stack))
    await replaced(scene, [migration(later, 'CREATE TABLE later (id integer PRIMARY KEY);')])
    await startLoad(scene, rate)
  },
  async disaster() {},
  params: ({ notes }) => ({
    VERSION: notes.former ?? '',
    REASON: 'It’s wrong, they say.',
    READY_SECONDS: '60',
  }),
  serving: async (scene) => (await servedVersion(scene)) === scene.notes.former,
  limits: { rpo: 0 },
  sameTables: false,
  async verify(scene) {
    const { notes, stack, sql, exec } = scene
    await noneFailed(scene)
    for (let tries = 10; tries > 0; tries--)
      if ((await servedVersion(scene)) !== notes.former) throw new Error('The present version still serves.')
    await nothingLeft(scene)
    await staysAtStart(scene)
    const shown = await exec('toolbox', 'kept-versions', 'show', notes.former ?? '')
    if (!shown.includes(`not taken back: ${later}`)) throw new Error(`The schema is not spoken of: ${shown}`)
    if ((await sql`select count(*) from later`) !== '0') throw new Error('The schema was changed.')
    const record = await exec('toolbox', 'tail', '-n', '1', '/var/lib/drillbook/versions.jsonl')
    const { back, reason } = JSON.parse(record) as { back?: string; reason?: string }
    if (back !== notes.former || reason !== 'It’s wrong, they say.') throw new Error(`Recorded: ${record}`)
    await drop(scene)
    if (JSON.stringify(await system.tables(stack)) !== notes.tables) throw new Error('Tables were changed.')
  },
  mutants: true,
})

drill('rollback', {
  scenario: 'The present version does not start at all',
  before: ownLiveName,
  async prepare(scene) {
    await haveLiveName(scene)
    scene.notes.former = await keepServed(scene)
    scene.notes.image = await build(scene, await nextVersion(scene), [faults.neverStarts])
  },
  async disaster({ stack, notes, http }) {
    await execa('docker', ['tag', notes.image ?? '', stack.entries.APP_IMAGE ?? ''])
    await stack.compose(['up', '--detach', '--no-deps', 'app'])
    for (let left = 20; left > 0; left--) {
      const { status } = await http('/readyz', { milliseconds: 20_000 })
      if (status === 503) return
    }
    throw new Error('Users are served all the same.')
  },
  params: ({ notes }) => ({ VERSION: notes.former ?? '', REASON: 'It ends at once.', READY_SECONDS: '60' }),
  serving: async (scene) => (await servedVersion(scene)) === scene.notes.former,
  limits: { rpo: 0 },
  async verify(scene) {
    await nothingLeft(scene)
    await staysAtStart(scene)
  },
})

async function asBefore(scene: Scene & Tools): Promise<void> {
  await noneFailed(scene)
  await sameServe(scene)
}

async function presentServes(scene: Scene & Tools): Promise<void> {
  await replaced(scene)
  await startLoad(scene, rate)
}

twin('rollback', {
  twin: 'There never was such a version',
  before: ownLiveName,
  break: presentServes,
  params: () => ({ VERSION: '0.0.1', REASON: 'a slip' }),
  mend: asBefore,
  message: /Version «0\.0\.1» is not kept/,
})

twin('rollback', {
  twin: 'No version is named',
  before: ownLiveName,
  break: presentServes,
  params: () => ({ VERSION: '', REASON: 'a slip' }),
  mend: asBefore,
  message: /VERSION must be given and not be empty/,
})

twin('rollback', {
  twin: 'It is remembered, but its image was removed',
  before: ownLiveName,
  async break(scene) {
    await presentServes(scene)
    await execa('docker', ['image', 'rm', `${scene.stack.entries.APP_IMAGE}-${scene.notes.former}`])
  },
  params: ({ notes }) => ({ VERSION: notes.former ?? '', REASON: 'a slip' }),
  mend: asBefore,
  message: /its image is gone from this engine/,
})

twin('rollback', {
  twin: 'Another image has its name',
  before: ownLiveName,
  async break(scene) {
    await presentServes(scene)
    const other = await build(scene, `${scene.notes.former}-other`)
    await execa('docker', ['tag', other, `${scene.stack.entries.APP_IMAGE}-${scene.notes.former}`])
  },
  params: ({ notes }) => ({ VERSION: notes.former ?? '', REASON: 'a slip', READY_SECONDS: '60' }),
  mend: asBefore,
  message: /that was kept as version .* says that it is version/,
})

twin('rollback', {
  twin: 'A migration has taken away what it needs',
  before: ownLiveName,
  async break(scene) {
    await presentServes(scene)
    await scene.sql`insert into migrations (name, run_on) values ('${later}.contract', now())`
  },
  params: ({ notes }) => ({ VERSION: notes.former ?? '', REASON: 'a slip' }),
  async mend(scene) {
    await scene.sql`delete from migrations where name = '${later}.contract'`
    await asBefore(scene)
  },
  message: /migrations have taken away what it may need/,
})

mayLack('rollback', {
  command: 'kept-versions show',
  why: 'It speaks of the schema. That it refuses an unknown version is what a twin sees.',
})
mayLack('rollback', { command: 'docker image inspect', why: 'A twin sees that it refuses.' })
mayLack('rollback', {
  command: 'docker rm --force',
  why: 'The first one removes what an earlier run left that was killed.',
})
mayLack('rollback', { command: 'smoke-version', why: 'A version that is as good as it was passes.' })
mayLack('rollback', {
  command: 'toolbox serving-version',
  why: 'They only look; the drill and a twin look themselves.',
})
mayLack('rollback', {
  command: 'docker ',
  undo: true,
  why: 'As in “Deploy a version”, whose twins go back over the same commands.',
})
