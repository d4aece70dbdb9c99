/** Machines that an operator may play from. */
import { mkdtempSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { execaSync } from 'execa'
import { loadEnvironment, scrub } from '../../run/environment.ts'
import { copyCheckout } from '../checkout.ts'

const socket = '/var/run/docker.sock'

/** A checkout on a machine of that name. */
export interface Machine extends Disposable {
  root: string
  host: string
  /** How a program is started there, so that its output comes here. */
  start(program: readonly string[], env: Record<string, string>): Start
}

export interface Start {
  file: string
  args: readonly string[]
  env: Record<string, string>
}

export function thisMachine(root: string): Machine {
  return { root, host: hostname(), start: directly, [Symbol.dispose]() {} }
}

/**
 * A machine that has nothing of the first but the repository and the environment's file: a checkout of its own in a
 * fresh folder, no journal, another name. It reaches the same engine.
 */
export function otherMachine(root: string, environment: string): Machine {
  const copy = mkdtempSync(join(tmpdir(), 'drillbook-elsewhere-'))
  copyCheckout(root, copy, [environment])
  return {
    root: copy,
    host: `elsewhere-${copy.slice(-6)}`,
    start: directly,
    [Symbol.dispose]: () => rmSync(copy, { recursive: true, force: true }),
  }
}

/**
 * The same in a container: processes, names and files of its own. All that it shares with the first machine is the
 * engine's socket and, to read only, the packages and Docker's client; and the network, if the environment is on an engine
 * elsewhere. When its program dies, the machine is off.
 */
export function containerMachine(image: string): typeof otherMachine {
  return (root, environment) => {
    const machine = otherMachine(root, environment)
    const packages = readlinkSync(join(machine.root, 'node_modules'))
    const network = loadEnvironment(root, environment).entries.DOCKER_HOST ? 'host' : 'none'
    const readOnly = [packages, process.execPath, ...dockerClient()]
    // Of the same user, so that what it writes can be removed.
    const [user, group] = [process.getuid?.(), process.getgid?.()]
    const options = [
      ...['--rm', '--init', '--network', network, '--hostname', machine.host, '--workdir', machine.root],
      ...['--user', `${user}:${group}`, '--group-add', String(statSync(socket).gid)],
      ...['--volume', `${machine.root}:${machine.root}`, '--volume', `${socket}:${socket}`],
      ...readOnly.flatMap((path) => ['--volume', `${path}:${path}:ro`]),
    ]
    return {
      ...machine,
      start: (program, env) => ({
        file: 'docker',
        args: [
          ...['run', ...options, '--entrypoint', ''],
          ...Object.keys(env)
            .filter((name) => name !== 'TMPDIR')
            .flatMap((name) => ['--env', name]),
          ...[image, ...program],
        ],
        env,
      }),
    }
  }
}

function directly([file = '', ...args]: readonly string[], env: Record<string, string>): Start {
  return { file, args, env }
}

/** The program `docker` and its plugin `compose`. */
function dockerClient(): string[] {
  const { stdout } = execaSync('docker', ['info', '--format', '{{json .ClientInfo.Plugins}}'], {
    env: scrub(process.env),
    extendEnv: false,
  })
  const plugins = JSON.parse(stdout) as { Name: string; Path: string }[]
  const compose = plugins.find(({ Name }) => Name === 'compose')
  if (!compose) throw new Error('Docker has no plugin “compose”.')
  return [execaSync('sh', ['-c', 'command -v docker']).stdout, compose.Path]
}
