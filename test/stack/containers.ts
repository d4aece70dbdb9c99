import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'

/** Runs a program to its end; never throws for an exit code. */
export async function run(command: string, args: string[], input = '') {
  const { exitCode, stdout, stderr } = await execa(command, args, { input, reject: false, timeout: 110_000 })
  return { code: exitCode, out: stdout, err: stderr }
}

export const docker = (...args: string[]) => run('docker', args)

/** As `docker`, but a failure is a failure of the test. */
export async function must(...args: string[]) {
  const { code, out, err } = await docker(...args)
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: exit ${code}\n${err}\n${out}`)
  return out
}

export const image = (role: string) => `drillbook/${role}:${process.env.IMAGE_TAG ?? 'dev'}`

export const unique = (prefix: string) => `${prefix}-${randomBytes(3).toString('hex')}`

/** A container or volume that goes when the test does. */
async function volume() {
  const name = unique('stack-test')
  await must('volume', 'create', name)
  return { name, [Symbol.asyncDispose]: async () => void (await docker('volume', 'rm', '-f', name)) }
}

/** A volume with secrets in it, made as the service `secrets` makes them. */
export async function secrets() {
  const made = await volume()
  await generateSecrets(made.name)
  return made
}

export function generateSecrets(volume: string) {
  return must('run', '--rm', ...asSecrets(volume), image('toolbox'), 'generate-secrets')
}

/** How compose.yaml runs the service `secrets`. */
export function asSecrets(volume: string) {
  const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'].flatMap((name) => ['--cap-add', name])
  return [
    ...['--network=none', '--read-only', '--tmpfs=/tmp', '--user=0:0', '--cap-drop=ALL', ...capabilities],
    ...['--security-opt=no-new-privileges', `--volume=${volume}:/run/secrets`],
  ]
}

/** A toolbox with an empty volume `state`, and no database to ask. */
export async function toolbox(environment: string) {
  const state = await volume()
  const name = unique('stack-test-toolbox')
  await must(
    ...['run', '--detach', '--init', '--name', name, '--network=none', '--read-only', '--tmpfs=/tmp:exec'],
    ...['--env', `ENVIRONMENT=${environment}`, `--volume=${state.name}:/var/lib/drillbook`, image('toolbox')],
  )
  for (let left = 50; left > 0; left--) {
    if ((await docker('exec', name, 'test', '-s', '/var/lib/drillbook/environment')).code === 0) break
  }
  return {
    name,
    exec: (...args: string[]) => docker('exec', name, ...args),
    feed: (input: string, ...args: string[]) => run('docker', ['exec', '-i', name, ...args], input),
    async [Symbol.asyncDispose]() {
      await docker('rm', '--force', '--volumes', name)
      await state[Symbol.asyncDispose]()
    },
  }
}

/**
 * The service `store` of compose.yaml alone, on a port of this machine. Another file publishes the port, since
 * the stack publishes none but the proxy's.
 */
export async function store(settings: Record<string, string>) {
  const project = unique('stack-test-store')
  const extra = join(tmpdir(), `${project}.yaml`)
  await writeFile(extra, 'services:\n  store:\n    ports: ["127.0.0.1::8443"]\n')
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    ...(process.env.DOCKER_HOST ? { DOCKER_HOST: process.env.DOCKER_HOST } : {}),
    ...(process.env.IMAGE_TAG ? { IMAGE_TAG: process.env.IMAGE_TAG } : {}),
    ENVIRONMENT: project,
    COMPOSE_PROJECT_NAME: project,
    COMPOSE_FILE: `stack/compose.yaml:${extra}`,
    APP_URL: 'https://localhost',
    HEALTH_INTERVAL: '1s',
    ...settings,
  }
  const compose = async (...args: string[]) => {
    const done = await execa('docker', ['compose', ...args], {
      env,
      extendEnv: false,
      reject: false,
      timeout: 110_000,
    })
    return { code: done.exitCode, out: done.stdout, err: done.stderr }
  }
  const up = async () => {
    const started = Date.now()
    const { code, err } = await compose('up', '--detach', '--wait', 'store')
    if (code !== 0) throw new Error(`${err}\n${(await compose('logs', 'store')).out}`)
    return (Date.now() - started) / 1000
  }
  const down = async () => {
    await compose('down', '--volumes', '--timeout', '1')
    await rm(extra, { force: true })
  }
  try {
    const seconds = await up()
    return { project, compose, up, seconds, [Symbol.asyncDispose]: down }
  } catch (error) {
    await down()
    throw error
  }
}
