/** Stacks that a drill may destroy: one of its own in containers, or the sandbox. */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { execa, execaSync } from 'execa'
import { DockerComposeEnvironment } from 'testcontainers'
import { commandEnv, loadEnvironment, scrub } from '../run/environment.ts'
import { end } from './at-end.ts'
import { down } from './down.ts'
import { freePort } from './free-port.ts'
import type { Own, Stack, System } from './types.ts'

export interface OwnStack extends Stack {
  /** Removes its containers, networks, volumes and environment file. */
  remove(): Promise<void>
}

/** A stack that is up already, by the name of its environment. */
export function attach(root: string, name: string): Stack {
  const environment = loadEnvironment(root, name)
  const env = commandEnv(environment)
  return {
    root,
    name,
    entries: environment.entries,
    env,
    async compose(args, { input } = {}) {
      const options = { cwd: root, env, extendEnv: false, timeout: 300_000, maxBuffer: 64 * 1024 * 1024 }
      const stdin = input === undefined ? { stdin: 'ignore' as const } : { input }
      return (await execa('docker', ['compose', ...args], { ...options, ...stdin })).stdout
    },
  }
}

/**
 * Starts the system's compose file under a name of its own, with demo data and a first backup. `before` may make
 * something of that name that Compose then finds, a volume with a limit, or add entries to its environment's file.
 */
export async function startStack(
  root: string,
  system: System<object>,
  { before }: Own = {},
): Promise<OwnStack> {
  const name = `drill-${randomBytes(3).toString('hex')}`
  const from = loadEnvironment(root, basename(system.environment.from, '.env')).entries
  const own = { ENVIRONMENT: name, COMPOSE_PROJECT_NAME: name }
  const entries = { ...from, ...(await system.environment.entries(freePort)), ...own }
  const file = fileOf(root, name)
  const lines = Object.entries(entries).map(([key, value]) => `${key}='${value}'\n`)
  writeFileSync(file, `${owner}\n${lines.join('')}`)
  belongTo(process.pid, root, name)
  const stack = attachOwn(root, name)
  try {
    await before?.(name, root)
    // It may have added entries to the file.
    Object.assign(stack, attach(root, name))
    await new DockerComposeEnvironment(join(root, dirname(system.compose)), basename(system.compose))
      .withProjectName(name)
      .withEnvironmentFile(file)
      // A variable that the caller exported would win over the file's.
      .withEnvironment(stack.entries)
      // Removed below, also where the image of Testcontainers' own reaper cannot be pulled.
      .withAutoCleanup(false)
      .withStartupTimeout(180_000)
      .up()
    await system.prepare(stack)
    return stack
  } catch (error) {
    const state = await stack.compose(['ps', '-a']).catch(() => '')
    const logs = await stack.compose(['logs', '--tail', '15', '--no-color']).catch(() => '')
    await stack.remove()
    throw new Error(`The stack did not start.\n${(error as Error).message}\n${state}\n${logs}`, {
      cause: error,
    })
  }
}

/** A stack that was started by `startStack`, here or in another process. */
export const attachOwn = (root: string, name: string): OwnStack => ({
  ...attach(root, name),
  remove: () => removeStack(root, fileOf(root, name)),
})

const fileOf = (root: string, name: string) => join(root, 'environments', `${name}.env`)

const owner = '# The stack of a drill. Removed when it ends. Process '

/** Which process removes the stack when it ends; as long as it lives, `sweep` leaves the stack alone. */
export function belongTo(pid: number, root: string, name: string): void {
  const file = fileOf(root, name)
  const [, ...entries] = readFileSync(file, 'utf8').split('\n')
  writeFileSync(file, [`${owner}${pid}`, ...entries].join('\n'))
  if (pid === process.pid) live.add(file)
  else live.delete(file)
}

/** The environment files of the stacks that this process has started and not yet removed. */
const live = new Set<string>()

async function removeStack(root: string, file: string): Promise<void> {
  const { stdout } = await execa('docker', listProjects)
  for (const args of downsOf(root, file, stdout)) await execa('docker', args, { cwd: root, timeout: 120_000 })
  rmSync(file, { force: true })
  live.delete(file)
}

const listProjects = ['compose', 'ls', '--all', '--format', 'json']

/** For the stack, and before it for those of the listed projects that a drill named after it: staging, an empty place. */
function downsOf(root: string, file: string, listed: string): string[][] {
  const project = basename(file, '.env')
  const beside = (JSON.parse(listed) as { Name: string }[])
    .filter(({ Name: name }) => name.startsWith(`${project}-`))
    .map(({ Name: name }) => ['compose', '--project-name', name, ...down])
  const compose = join(root, readEntry(file, 'COMPOSE_FILE'))
  const own = ['--project-name', project, '--env-file', file, '--file', compose]
  return [...beside, ['compose', ...own, ...down]]
}

function readEntry(file: string, key: string): string {
  const match = new RegExp(`^${key}='?([^'\\n]*)`, 'm').exec(readFileSync(file, 'utf8'))
  return match?.[1] ?? ''
}

/** Removes the stacks of drills whose process is gone: killed, or the machine was restarted. */
export async function sweep(root: string): Promise<void> {
  const files = readdirSync(join(root, 'environments')).filter((file) => /^drill-\w+\.env$/.test(file))
  for (const name of files) {
    const file = join(root, 'environments', name)
    const [first = ''] = readFileSync(file, 'utf8').split('\n')
    if (first.startsWith(owner) && !isAlive(Number(first.slice(owner.length)))) await removeStack(root, file)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Removes what this process has started, whatever way it ends but by SIGKILL: `sweep` is for that. */
export function removeAtExit(root: string): void {
  process.once('exit', () => {
    const quiet = { cwd: root, reject: false, timeout: 120_000 } as const
    for (const file of live) {
      const { stdout } = execaSync('docker', listProjects, quiet)
      const failed = downsOf(root, file, stdout || '[]').filter(
        (args) => execaSync('docker', args, quiet).failed,
      )
      // What is left behind is removed by the next sweep, which finds it by this file.
      if (failed.length === 0) rmSync(file, { force: true })
    }
    end()
  })
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => {
      console.error(`\n${signal}: removing the stacks of this drill.`)
      process.exit(status)
    })
  }
}

/** Docker's client library reads this process's own environment: what the caller exported must not redirect it. */
export function scrubOwnEnvironment(): void {
  const kept = scrub(process.env)
  for (const name of Object.keys(process.env)) {
    if (!(name in kept) && !/^(NODE|DRILL)/.test(name)) delete process.env[name]
  }
}
