/**
 * The sandbox: a stack on this machine that may be destroyed at any time. How its images are made and its demo
 * data is put in are commands of `environments/sandbox.env`: nothing here knows what the stack is.
 */
import { spawn } from 'node:child_process'
import { capture } from './capture.ts'
import { engineAddress } from './engine.ts'
import { commandEnv, type Environment, refuseRemoteEngine } from './environment.ts'
import { Failure } from './errors.ts'

type Say = (text: string) => void

export interface Container {
  service: string
  state: string
  health: string
}

/** Containers of the stack, without one-shot ones that have ended well. */
export async function sandboxStatus(root: string, environment: Environment): Promise<Container[]> {
  const answer = await docker(root, environment, ['compose', 'ps', '--all', '--format', 'json'])
  // An object a line, or one array: it depends on the version of Compose.
  const text = answer.trim()
  const rows = (
    text.startsWith('[')
      ? JSON.parse(text)
      : text
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line))
  ) as {
    Service: string
    State: string
    Health: string
    ExitCode: number
  }[]
  return rows
    .filter(({ State, ExitCode }) => State !== 'exited' || ExitCode !== 0)
    .map(({ Service, State, Health }) => ({ service: Service, state: State, health: Health }))
}

function isUp(containers: readonly Container[]): boolean {
  return (
    containers.length > 0 &&
    containers.every(({ state, health }) => state === 'running' && (health === '' || health === 'healthy'))
  )
}

/** Builds, starts and fills the stack, unless it is up. */
export async function sandboxUp(root: string, environment: Environment, say: Say): Promise<void> {
  refuseRemoteEngine(environment, await engineAddress(root, environment))
  const { SANDBOX_BUILD, SANDBOX_SEED, SANDBOX_URL } = environment.entries
  const before = await sandboxStatus(root, environment)
  if (!isUp(before)) {
    if (SANDBOX_BUILD) await shell(root, environment, 'Building the images', SANDBOX_BUILD, say)
    await shell(root, environment, 'Starting the stack', 'docker compose up -d --wait', say)
    if (SANDBOX_SEED) await shell(root, environment, 'Putting in demo data', SANDBOX_SEED, say)
  }
  say(`The sandbox is up${SANDBOX_URL ? `: ${SANDBOX_URL}` : '.'}`)
}

/** Removes the containers, networks and volumes of exactly this project. */
export async function sandboxDown(root: string, environment: Environment, say: Say): Promise<void> {
  refuseRemoteEngine(environment, await engineAddress(root, environment))
  const down = 'docker compose --profile "*" down --volumes --remove-orphans --timeout 1'
  await shell(root, environment, 'Removing the stack and its data', down, say)
  await sweep(root, environment)
  say('The sandbox is gone.')
}

/** What `down` does not know of: one-off containers, and volumes of services that are no longer in the file. */
async function sweep(root: string, environment: Environment): Promise<void> {
  const label = `label=com.docker.compose.project=${environment.entries.COMPOSE_PROJECT_NAME}`
  const ids = async (list: string[]) =>
    (await docker(root, environment, [...list, '--quiet', '--filter', label])).split('\n').filter(Boolean)
  const containers = await ids(['ps', '--all'])
  if (containers.length > 0) await docker(root, environment, ['rm', '--force', '--volumes', ...containers])
  const networks = await ids(['network', 'ls'])
  if (networks.length > 0) await docker(root, environment, ['network', 'rm', ...networks])
  const volumes = await ids(['volume', 'ls'])
  if (volumes.length > 0) await docker(root, environment, ['volume', 'rm', ...volumes])
}

async function docker(root: string, environment: Environment, args: readonly string[]): Promise<string> {
  const answer = await capture('docker', args, { cwd: root, env: commandEnv(environment) })
  if (answer.exit === 0) return answer.stdout
  throw new Failure(`docker ${args.slice(0, 2).join(' ')} failed.`, {
    hints: [answer.stderr.trim(), 'scripts/bootstrap   installs and starts what is missing'],
  })
}

/** Runs a command of the environment's file; its output is shown only if it fails. */
async function shell(
  root: string,
  environment: Environment,
  title: string,
  command: string,
  say: Say,
): Promise<void> {
  say(`${title} …`)
  const began = performance.now()
  const child = spawn('bash', ['-euo', 'pipefail', '-c', command], {
    cwd: root,
    env: commandEnv(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const exit = await new Promise<number | null>((resolve, reject) =>
    child.on('error', reject).on('close', resolve),
  )
  if (exit !== 0) {
    const last = output.trim().split('\n').slice(-20)
    throw new Failure(`${title} failed with exit code ${exit}: ${command}`, { hints: last })
  }
  say(`${title}: ${((performance.now() - began) / 1000).toFixed(1)} s`)
}
