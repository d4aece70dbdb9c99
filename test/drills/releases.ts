/** Versions of the application, built as a release is, for drills that deploy them. */
import { execa, execaSync } from 'execa'
import { atEnd } from '#drill'
import { setEntries } from './entries.ts'
import type { drill, Tools } from './stack.ts'

export type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]
/** All that most need to know of it. */
export type OnStack = Pick<Scene, 'stack'>

/**
 * For `before`: a stack for drills of releases only, whose application has a live name of its own. Its images go with this
 * process, since an image belongs to the engine and not to a stack.
 */
export async function ownLiveName(name: string): Promise<void> {
  atEnd(() => {
    const list = ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', '--filter']
    for (const reference of [`reference=drillbook/app:${name}*`, `reference=drillbook/release-${name}`]) {
      const names = execaSync('docker', [...list, reference], { reject: false })
        .stdout?.split('\n')
        .filter(Boolean)
      if (names?.length) execaSync('docker', ['image', 'rm', '--force', ...names], { reject: false })
    }
  })
}

/** What a release may have wrong with it, as lines of its Dockerfile. */
export const faults = {
  /** It listens, and answers everything with 500. */
  neverReady:
    'RUN sed -i \'/metrics.inFlight.inc(), await/,/await next();/s/await next();/throw new Error("broken");/\' /app/app.mjs',
  /** It ends as soon as it is started. */
  neverStarts: "RUN echo 'process.exit(1)' >/app/app.mjs",
  /** Every so many-th request for books fails. */
  everyFew: (many: number) =>
    `RUN sed -i 's/^async function listBooks(.*/let asked = 0;\\n&\\n  if (++asked % ${many} === 0) throw new Error("broken");/' /app/app.mjs && grep -q 'asked % ${many}' /app/app.mjs`,
  /** Every so many-th request for books takes so many milliseconds longer. */
  slow: (ms: number, every = 1) =>
    `RUN sed -i 's/^async function listBooks(.*/let asked = 0;\\n&\\n  if (++asked % ${every} === 0) await new Promise((go) => setTimeout(go, ${ms}));/' /app/app.mjs && grep -q 'go, ${ms}' /app/app.mjs`,
}

/** A file among the migrations of a release. */
export const migrationFile = (name: string, text: string) =>
  `RUN echo ${Buffer.from(text).toString('base64')} | base64 -d >/app/migrations/${name}`

/** A migration that a release brings along. */
export const migration = (name: string, sql: string) =>
  migrationFile(`${name}.sql`, `-- Up Migration\n${sql}\n`)

/** Builds a release, and resolves to the name of its image. */
export async function build({ stack }: OnStack, version: string, lines: string[] = []): Promise<string> {
  const name = `drillbook/release-${stack.name}:${version}`
  const from = `FROM drillbook/app:${stack.entries.IMAGE_TAG ?? 'dev'}`
  const input = [from, 'USER root', ...lines, 'USER app', `ENV APP_VERSION=${version}`].join('\n')
  await execa('docker', ['build', '--quiet', '--tag', name, '-'], { input })
  return name
}

/** Which image the environment names, as an operator says it: in its file. Without one: the stack's own again. */
export const nameImage = ({ stack }: OnStack, image?: string): void =>
  setEntries(stack, /^APP_IMAGE$/, image ? { APP_IMAGE: image } : {})

/** Has the stack serve a release under a live name, if it does not yet, as `deploy` asks for. */
export async function haveLiveName(scene: OnStack): Promise<void> {
  const { stack } = scene
  if (stack.entries.APP_IMAGE) return
  const live = `drillbook/app:${stack.name}`
  await execa('docker', ['tag', await build(scene, '1.0.0'), live])
  nameImage(scene, live)
  await stack.compose(['up', '--detach', '--no-deps', '--wait', 'app'])
}

export async function servedVersion({ http }: Tools): Promise<string> {
  const { body } = await http('/version', { milliseconds: 10_000 })
  return (JSON.parse(body) as { version: string }).version
}

/** Keeps the version that serves as a deployment does: under a name beside the live one, with the migrations of its time. */
export async function keepServed(scene: OnStack & Tools): Promise<string> {
  const version = await servedVersion(scene)
  const live = scene.stack.entries.APP_IMAGE ?? ''
  await execa('docker', ['tag', live, `${live}-${version}`])
  await scene.exec('toolbox', 'kept-versions', 'record', version, live)
  return version
}

/** A version after the one that serves. */
export const nextVersion = async (tools: Tools) =>
  `${Number.parseInt(await servedVersion(tools), 10) + 1}.0.0`

/** The containers that serve, and since when. */
export async function containers({ stack }: OnStack): Promise<string> {
  const ids = (await stack.compose(['ps', '--quiet', 'app'])).split('\n').filter(Boolean).sort()
  const format = '{{.Id}} {{.State.StartedAt}}'
  return (await execa('docker', ['inspect', '--format', format, ...ids])).stdout
}

/** Throws if a container of the application is left that should be gone. */
export async function nothingLeft({ stack }: OnStack): Promise<void> {
  const filter = ['--filter', `label=com.docker.compose.project=${stack.name}`]
  const service = ['--filter', 'label=com.docker.compose.service=app']
  const { stdout } = await execa('docker', ['ps', '--all', '--format', '{{.Names}}', ...filter, ...service])
  if (stdout.split('\n').length !== 2)
    throw new Error(`Left of the application: ${stdout.replaceAll('\n', ', ')}`)
}

/** What a release that was not to come must have left: the very processes that served before, and no others. */
export async function sameServe(scene: Scene): Promise<void> {
  if ((await containers(scene)) !== scene.notes.containers)
    throw new Error('Other containers serve than before.')
  await nothingLeft(scene)
}

/** Whoever starts the application later has the same version. */
export async function staysAtStart(scene: Scene): Promise<void> {
  const before = await containers(scene)
  await scene.stack.compose(['up', '--detach', '--no-deps', '--no-recreate', 'app'])
  if ((await containers(scene)) !== before) throw new Error('A later start changes what serves.')
}
