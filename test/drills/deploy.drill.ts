import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { asQuickAs, loadOf, noneFailed, startLoad } from './load.ts'
import {
  build,
  containers,
  faults,
  haveLiveName,
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
import { unwatch, watchAt } from './watch.ts'

/** Requests a second, of which every tenth writes. Two hundred need a machine that does nothing else. */
const rate = { usual: 60, most: 200 }

const watch = { READY_SECONDS: '25', WATCH_SECONDS: '10', MOST_ERRORS: '1', SLOWEST_MS: '3000' }

async function begin(
  scene: Scene & Tools,
  lines: (version: string) => string[],
  load = rate.usual,
): Promise<void> {
  await haveLiveName(scene)
  const version = await nextVersion(scene)
  scene.notes.tables = JSON.stringify(await system.tables(scene.stack))
  scene.notes.former = await servedVersion(scene)
  scene.notes.version = version
  scene.notes.image = await build(scene, version, lines(version))
  scene.notes.containers = await containers(scene)
  await startLoad(scene, load)
  scene.notes.began = String(Date.now())
}

const params = ({ notes }: Scene) => ({ IMAGE: notes.image ?? '', ...watch })

const idOf = async (image: string) =>
  (await execa('docker', ['image', 'inspect', '--format', '{{.Id}}', image])).stdout

/** In the order in which releases bring them along. */
const expansion = (version: string) => `2099010100000${version.split('.')[0]?.padStart(4, '0')}_shelf`

const withMigration = (version: string) => [
  migration(expansion(version), 'CREATE TABLE shelf (id integer PRIMARY KEY);'),
]

/** The new version serves, the former one is kept, the migration was applied, and no request failed. */
async function deployed(scene: Scene & Tools, load: number): Promise<void> {
  const { notes, stack, sql } = scene
  await noneFailed(scene)
  if (loadOf(scene).answers.length < load * 15) throw new Error('There was too little load.')
  for (let tries = 10; tries > 0; tries--)
    if ((await servedVersion(scene)) !== notes.version) throw new Error('The former version serves.')
  await nothingLeft(scene)
  const live = stack.entries.APP_IMAGE ?? ''
  if ((await idOf(live)) !== (await idOf(notes.image ?? '')))
    throw new Error('The live name is another image.')
  for (const version of [notes.former, notes.version])
    if (
      !(await scene.exec('toolbox', 'kept-versions', 'show', version ?? '')) ||
      !(await idOf(`${live}-${version}`))
    )
      throw new Error(`Version ${version} is not kept.`)
  await staysAtStart(scene)
  const applied =
    await sql`delete from migrations where name = '${expansion(notes.version ?? '')}' returning 1`
  if (applied !== '1') throw new Error('The migration was not applied.')
  await sql`drop table shelf`
  if (JSON.stringify(await system.tables(stack)) !== notes.tables)
    throw new Error('Other tables were changed.')
}

/** What both have in common. */
const change = {
  before: ownLiveName,
  async disaster() {},
  params,
  serving: async (scene: Scene & Tools) => (await servedVersion(scene)) === scene.notes.version,
  limits: { rpo: 0 },
  sameTables: false,
}

drill('deploy', {
  ...change,
  scenario: 'A version with a migration is deployed while users read and write',
  prepare: (scene) => begin(scene, withMigration),
  verify: (scene) => deployed(scene, rate.usual),
  mutants: true,
})

drill('deploy', {
  ...change,
  scenario: 'Two hundred requests a second',
  sample: 'never',
  prepare: (scene) => begin(scene, withMigration, rate.most),
  verify: (scene) => deployed(scene, rate.most),
  async atOnce(scene) {
    // Afterwards the drill itself reads everything.
    const list = await scene.exec('toolbox', 'kept-versions', 'list')
    const since = new RegExp(`^${scene.notes.version} +since (\\S+)`, 'm').exec(list)?.[1] ?? ''
    asQuickAs(scene, Number(scene.notes.began), Date.parse(since))
  },
})

const failing = new Map<string, Promise<void>>()

/** What every failed deployment must have left: the very processes that served before, and no failed request. */
async function asBefore(scene: Scene & Tools, except?: Parameters<typeof noneFailed>[1]): Promise<void> {
  const failed = await noneFailed(scene, except)
  if (except && failed === 0) throw new Error('The version did not fail any request.')
  if ((await servedVersion(scene)) !== scene.notes.former)
    throw new Error('The former version does not serve.')
  await sameServe(scene)
  const live = scene.stack.entries.APP_IMAGE ?? ''
  if ((await idOf(live)) !== (await idOf(`${live}-${scene.notes.former}`)))
    throw new Error('The live name is not the former version’s.')
}

twin('deploy', {
  twin: 'The new version never becomes ready',
  before: ownLiveName,
  break: (scene) => begin(scene, () => [faults.neverReady]),
  params,
  mend: (scene) => asBefore(scene),
  mutants: true,
  message: /The new version did not become ready within/,
})

twin('deploy', {
  twin: 'The new version is healthy, and fails every twentieth request',
  before: ownLiveName,
  break: (scene) => begin(scene, () => [faults.everyFew(20)]),
  params,
  async mend(scene) {
    await asBefore(scene, ({ path, status }) => status === 500 && path.startsWith('/api/books'))
    const errors = `for at in $(getent ahostsv4 app | awk '{ print $1 }' | sort -u); do curl -s http://$at:3000/metrics; done`
    const metrics = await scene.exec('toolbox', 'sh', '-c', errors)
    if (/^http_request_errors_total\{.*\} [1-9]/m.test(metrics))
      throw new Error('The former version failed a request.')
  },
  mutants: true,
  message: /The new version failed \d+ of \d+ requests/,
})

/** As soon as both versions serve, the proxy answers users with errors that no container knows of. */
async function failAtTheProxy({ stack, exec }: Scene & Tools): Promise<void> {
  const serving = async () => (await stack.compose(['ps', '--quiet', 'app'])).trim().split('\n').length
  const before = await serving()
  for (let left = 120; left > 0; left--) {
    if ((await serving()) > before) return void (await exec('proxy', 'touch', '/var/lib/caddy/maintenance'))
    await sleep(500)
  }
}

twin('deploy', {
  twin: 'Users get errors that the new version does not know of',
  before: ownLiveName,
  async break(scene) {
    await watchAt(scene.stack, 20)
    await begin(scene, () => [])
    failing.set(scene.stack.name, failAtTheProxy(scene))
  },
  params: (scene) => ({ ...params(scene), WATCH_SECONDS: '60' }),
  async mend(scene) {
    await failing.get(scene.stack.name)
    await scene.exec('proxy', 'rm', '-f', '/var/lib/caddy/maintenance')
    await unwatch(scene.stack)
    await asBefore(scene, ({ status }) => status === 503)
  },
  message: /Error\w+ fires since the new version serves/,
})

twin('deploy', {
  twin: 'A migration of the new version fails',
  before: ownLiveName,
  break: (scene) =>
    begin(scene, (version) => [migration(expansion(version), 'ALTER TABLE shelves ADD COLUMN colour text;')]),
  params,
  mend: (scene) => asBefore(scene),
  message: /relation \\?"shelves\\?" does not exist/,
})

/** As soon as the new version is tried, the store goes: neither version is ready without it. */
async function loseTheStore({ stack }: Scene): Promise<void> {
  for (let left = 240; left > 0; left--) {
    const { stdout } = await execa('docker', ['ps', '--quiet', '--filter', `name=^${stack.name}-candidate$`])
    if (stdout) return void (await stack.compose(['stop', 'store']))
    await sleep(250)
  }
}

twin('deploy', {
  twin: 'The store is lost while the new version is tried, and the former one lacks it, too',
  before: ownLiveName,
  async break(scene) {
    await begin(scene, () => [])
    failing.set(scene.stack.name, loseTheStore(scene))
  },
  params,
  async mend(scene) {
    await failing.get(scene.stack.name)
    await scene.stack.compose(['up', '--detach', '--no-deps', '--wait', 'store'])
    await scene.exec('toolbox', 'store-answers', '60')
    await asBefore(scene)
  },
  message: /The new version did not become ready within/,
})

twin('deploy', {
  twin: 'There is no such image',
  before: ownLiveName,
  async break(scene) {
    await begin(scene, () => [])
    scene.notes.image = `drillbook/release-${scene.stack.name}:no-such-version`
    // Nothing is kept when nothing was begun.
    const live = scene.stack.entries.APP_IMAGE ?? ''
    await execa('docker', ['tag', live, `${live}-${scene.notes.former}`])
  },
  params,
  mend: (scene) => asBefore(scene),
  message: /no registry gave one/,
})

mayLack('deploy', {
  command: 'docker image inspect',
  why: 'Compose would ask for the image itself, later: when something has been done already.',
})
mayLack('deploy', { command: 'docker pull', why: 'A drill has no registry.' })
mayLack('deploy', {
  command: 'db archive-now',
  why: 'The log is archived within a minute in any case. Here it is, before the migrations.',
})
mayLack('deploy', { command: 'psql -XAtqc', why: 'It tells the operator to which moment he can restore.' })
mayLack('deploy', {
  command: 'docker rm --force',
  why: 'The first one removes what an earlier run left that was killed.',
})
mayLack('deploy', { command: 'docker logs', why: 'It only shows.' })
mayLack('deploy', { command: 'toolbox serving-version', why: 'It only looks; the drill looks itself.' })
mayLack('deploy', {
  command: 'xargs docker start',
  undo: true,
  why: 'In the twins the former version has not stopped yet.',
})
mayLack('deploy', {
  command: 'version-ready',
  undo: true,
  why: 'In the twins the former version has not stopped yet.',
})
