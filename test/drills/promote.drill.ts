import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { noneFailed, startLoad } from './load.ts'
import {
  build,
  containers,
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
import { drill, mayLack, type Tools, twin } from './stack.ts'
import { haveStaging, type Staging } from './staging.ts'

const rate = 40

const idsOf = async (...images: string[]) =>
  (await execa('docker', ['image', 'inspect', '--format', '{{.Id}}', ...images])).stdout.split('\n')

/** The images of the containers that serve in a project: of each, not of a name. */
async function serving({ stack }: Pick<Scene, 'stack'>): Promise<string[]> {
  const labels = [`project=${stack.name}`, 'service=app', 'oneoff=False'].flatMap((label) => [
    '--filter',
    `label=com.docker.compose.${label}`,
  ])
  const ids = (await execa('docker', ['ps', '--quiet', ...labels])).stdout.split('\n').filter(Boolean)
  return (await execa('docker', ['inspect', '--format', '{{.Image}}', ...ids])).stdout.split('\n')
}

const liveThere = ({ stack }: Pick<Scene, 'stack'>) => `drillbook/app:${stack.name}-staging`

/** Staging serves a release that production has not, as a deployment there leaves it: kept under a name of its version. */
async function stage(scene: Scene & Tools, lines: string[] = []): Promise<Staging> {
  const { notes, stack } = scene
  await haveLiveName(scene)
  notes.former = await servedVersion(scene)
  notes.version = await nextVersion(scene)
  notes.image = await build(scene, notes.version, lines)
  notes.staging = `${stack.name}-staging`
  const live = liveThere(scene)
  for (const name of [live, `${live}-${notes.version}`]) await execa('docker', ['tag', notes.image, name])
  const staging = await haveStaging(stack, live)
  notes.containers = await containers(scene)
  return staging
}

/** Nothing waits here: how long staging has been serving is what one twin is about. */
const params = ({ notes }: Scene) => ({
  STAGING: notes.staging ?? '',
  RELEASE: notes.version ?? '',
  MINUTES: '0',
  READY_SECONDS: '25',
  WATCH_SECONDS: '10',
  MOST_ERRORS: '1',
  SLOWEST_MS: '3000',
})

const added = (version = '') => `2099020100000${version.split('.')[0]?.padStart(4, '0')}_promoted`

drill('promote', {
  scenario: 'What staging serves is wanted in production, while users read and write',
  before: ownLiveName,
  async prepare(scene) {
    await haveLiveName(scene)
    const name = added(await nextVersion(scene))
    await stage(scene, [migration(name, 'CREATE TABLE promoted (id integer PRIMARY KEY);')])
    await startLoad(scene, rate)
  },
  async disaster() {},
  params,
  serving: async (scene) => (await servedVersion(scene)) === scene.notes.version,
  limits: { rpo: 0 },
  sameTables: false,
  async verify(scene) {
    const { notes, stack, sql } = scene
    await noneFailed(scene)
    const here = await serving(scene)
    const { stack: staging, tools } = await haveStaging(stack)
    const there = await serving({ stack: staging })
    if (here.length !== 2 || new Set([...here, ...there]).size !== 1)
      throw new Error(`Production serves ${here}, staging ${there}.`)
    for (let tries = 10; tries > 0; tries--)
      if ((await servedVersion(scene)) !== notes.version) throw new Error('The former version serves.')
    await tools.exec('toolbox', 'serving-version', '--is', notes.version ?? '')
    await nothingLeft(scene)
    const live = stack.entries.APP_IMAGE ?? ''
    const kept = await idsOf(live, `${live}-${notes.version}`, notes.image ?? '')
    if (new Set([...kept, ...here]).size !== 1) throw new Error(`The names are of several images: ${kept}`)
    await staysAtStart(scene)
    // Migrated in both places, each its own database.
    for (const { sql: ask } of [scene, tools])
      if ((await ask`delete from migrations where name = '${added(notes.version)}' returning 1`) !== '1')
        throw new Error('The migration was not applied.')
    await sql`drop table promoted`
    await tools.sql`drop table promoted`
  },
  mutants: true,
})

/** Production was not touched: the very processes serve that served before. */
async function asBefore(scene: Scene & Tools): Promise<void> {
  if ((await servedVersion(scene)) !== scene.notes.former)
    throw new Error('The former version does not serve.')
  await sameServe(scene)
  const live = scene.stack.entries.APP_IMAGE ?? ''
  const [named] = await idsOf(live)
  if ((await serving(scene)).some((id) => id !== named)) throw new Error('The live name is another image.')
}

/** Built once more under the same version: what runs now is not what was deployed and tried. */
twin('promote', {
  twin: 'Staging’s image was built again under the same version',
  before: ownLiveName,
  async break(scene) {
    await stage(scene)
    await execa('docker', [
      'tag',
      await build(scene, scene.notes.version ?? '', ['RUN touch /app/other']),
      liveThere(scene),
    ])
    await haveStaging(scene.stack)
  },
  params,
  mend: asBefore,
  message: /What staging serves is not what was deployed there as this version/,
  mutants: true,
})

/** The name leads elsewhere, and staging would at its next start. */
twin('promote', {
  twin: 'Somebody has moved staging’s live name since it was started',
  before: ownLiveName,
  async break(scene) {
    await stage(scene)
    await execa('docker', ['tag', scene.stack.entries.APP_IMAGE ?? '', liveThere(scene)])
  },
  params,
  mend: asBefore,
  message: /a name was moved to another image/,
})

twin('promote', {
  twin: 'Staging is not healthy',
  before: ownLiveName,
  async break(scene) {
    const { stack } = await stage(scene)
    await stack.compose(['stop', 'cache'])
    const ids = (await stack.compose(['ps', '--quiet', 'app'])).split('\n')
    for (let left = 120; left > 0; left--) {
      const states = await execa('docker', ['inspect', '--format', '{{.State.Health.Status}}', ...ids])
      if (states.stdout.includes('unhealthy')) return
      await sleep(500)
    }
    throw new Error('Staging stays healthy without its cache.')
  },
  params,
  async mend(scene) {
    await asBefore(scene)
    const { stack } = await haveStaging(scene.stack)
    await stack.compose(['up', '--detach', '--wait', 'cache', 'app'])
  },
  message: /Staging is not healthy: \S+-staging-app-\d is unhealthy/,
  mutants: true,
})

twin('promote', {
  twin: 'Half of staging serves another image',
  before: ownLiveName,
  async break(scene) {
    const { stack } = await stage(scene)
    await execa('docker', ['tag', scene.stack.entries.APP_IMAGE ?? '', liveThere(scene)])
    await stack.compose(['up', '--detach', '--no-deps', '--no-recreate', '--scale', 'app=3', '--wait', 'app'])
  },
  params,
  async mend(scene) {
    await asBefore(scene)
    await haveStaging(scene.stack)
  },
  message: /Staging serves several images/,
})

twin('promote', {
  twin: 'Staging serves another version than was named',
  before: ownLiveName,
  break: (scene) => stage(scene),
  params: (scene) => ({ ...params(scene), RELEASE: '0.0.1' }),
  mend: asBefore,
  message: /Version \d+\.0\.0 serves, and not 0\.0\.1/,
  mutants: true,
})

twin('promote', {
  twin: 'Staging has not been serving it for an hour',
  before: ownLiveName,
  break: (scene) => stage(scene),
  params: (scene) => ({ ...params(scene), MINUTES: '600' }),
  mend: asBefore,
  message: /Staging has been serving this image for \d+ minutes, and should have for 600/,
})

twin('promote', {
  twin: 'There is no such project',
  before: ownLiveName,
  break: (scene) => stage(scene),
  params: (scene) => ({ ...params(scene), STAGING: `${scene.stack.name}-nowhere` }),
  mend: asBefore,
  message: /runs no container of the application on this engine/,
})

mayLack('promote', {
  command: "docker compose ps --quiet app | xargs docker inspect --format '{{.Image}}' | env STAGED",
  why: 'It compares at the end; the drill compares itself.',
})
mayLack('promote', { command: "printf 'Production serves", why: 'It only tells.' })
for (const command of [
  "docker image inspect --format '{{.Id}}' ${IMAGE}",
  'docker pull',
  'db archive-now',
  'psql -XAtqc',
  'docker rm --force',
  'docker logs',
  'exec -T toolbox serving-version',
  'smoke-version',
  'watch-version',
])
  mayLack('promote', {
    command,
    why: 'What it is there for does not happen here: a version that fails is for the drill of “Deploy a version”.',
  })
mayLack('promote', {
  command: 'docker ',
  undo: true,
  why: 'As in “Deploy a version”, whose twins go back over the same commands.',
})
