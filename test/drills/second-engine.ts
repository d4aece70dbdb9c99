/**
 * Another machine: a Docker engine of its own in a container, with nothing of this stack but its images. One for all
 * plays of a drill, since the images take longer than a play; each play finds it empty of everything else. And a store
 * at another place, outside of the Compose projects of both machines, which reach it as `far`.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa, execaSync } from 'execa'
import { atEnd, type Stack } from '#drill'
import { down } from '../../src/drill/down.ts'

export interface Engine {
  /** Its address in the network that the far stores are in, too; ports that it publishes are there. */
  address: string
  host: string
}

const away = `drill-away-${randomBytes(3).toString('hex')}`
let network: Promise<string> | undefined
let started: Promise<Engine> | undefined
const farStores = new Set<string>()

const docker = async (...args: string[]) => (await execa('docker', args)).stdout.trim()

/** The network that both machines and the far stores are in. */
const createNetwork = () => (network ??= docker('network', 'create', away))

atEnd(() => {
  if (!network) return
  const quiet = { reject: false } as const
  execaSync('docker', ['rm', '--force', '--volumes', away, ...farStores], quiet)
  execaSync('docker', ['volume', 'rm', ...[...farStores].map((name) => `${name}-secrets`)], quiet)
  execaSync('docker', ['network', 'rm', away], quiet)
  // Not removed with the stack, as long as its far store was on it.
  for (const name of farStores)
    execaSync('docker', ['network', 'rm', name.replace(/-far$/, '_backup')], quiet)
})

/** As `--privileged`, but without what is not to be had where this engine itself is in a container. */
const privileged = [
  ...['--cap-add=ALL', '--cap-drop=SYS_RESOURCE', '--volume=/sys/fs/cgroup:/sys/fs/cgroup'],
  ...['seccomp', 'apparmor', 'systempaths'].map((name) => `--security-opt=${name}=unconfined`),
  '--device-cgroup-rule=a *:* rwm',
]

/** Starts it, if it is not running, and loads the images of the stack. */
export const secondEngine = (stack: Stack): Promise<Engine> => (started ??= start(stack))

/** The same, with nothing left there of an earlier play. */
export async function emptyEngine(stack: Stack): Promise<void> {
  const { host } = await secondEngine(stack)
  const there = ['--host', host, 'compose']
  const projects = JSON.parse(await docker(...there, 'ls', '--all', '--format', 'json')) as { Name: string }[]
  for (const { Name: name } of projects) await docker(...there, '--project-name', name, ...down)
}

async function start(stack: Stack): Promise<Engine> {
  const tag = stack.entries.IMAGE_TAG ?? 'dev'
  const image = `drillbook/test-engine:${tag}`
  await execa(
    'docker',
    ['build', '--quiet', '--build-arg', `TAG=${tag}`, '--tag', image, 'test/stack/engine'],
    {
      cwd: stack.root,
    },
  )
  await createNetwork()
  await docker(
    ...['run', '--detach', '--init', '--name', away, '--hostname', away, '--network', away],
    ...[...privileged, '--volume', '/var/lib/docker', image],
  )
  const address = await addressOf(away)
  const host = `tcp://${address}:2375`
  for (let left = 200; ; left--) {
    const { failed } = await execa('docker', ['--host', host, 'version'], { reject: false })
    if (!failed) break
    if (left === 0) throw new Error(`The second engine did not start.\n${await docker('logs', away)}`)
    await sleep(300)
  }
  const images = [...new Set((await stack.compose(['config', '--images'])).split('\n'))]
  await execa('bash', ['-ec', 'set -o pipefail; docker save "$@" | docker --host "$0" load', host, ...images])
  return { address, host }
}

const addressOf = (container: string) =>
  docker('inspect', '--format', `{{(index .NetworkSettings.Networks "${away}").IPAddress}}`, container)

const farOf = ({ name }: Stack) => `${name}-far`

/** Starts the store at another place, with the keys that the stack has for it, and connects the stack with it. */
export async function startFarAway(stack: Stack): Promise<void> {
  const far = farOf(stack)
  const tag = stack.entries.IMAGE_TAG ?? 'dev'
  await removeFarAway(stack)
  await createNetwork()
  farStores.add(far)
  const secrets = `${far}-secrets`
  await docker('volume', 'create', secrets)
  const copy = 'cp -a /from/far /to/ && chmod 0711 /to'
  await docker(
    ...['run', '--rm', '--user', '0:0', '--network', 'none', '--volume', `${stack.name}_secrets:/from:ro`],
    ...['--volume', `${secrets}:/to`, `drillbook/toolbox:${tag}`, 'sh', '-c', copy],
  )
  await docker(
    ...['run', '--detach', '--init', '--name', far, '--network', away, '--network-alias', 'far'],
    ...['--env', 'STORE_NAME=far', '--env', 'STORE_BACKEND=memstore', '--memory', '2g'],
    ...['--tmpfs', '/run/ceph:uid=10004,gid=10004,mode=0700', '--volume', '/var/lib/ceph'],
    ...['--volume', `${secrets}:/run/secrets:ro`, `drillbook/store:${tag}`],
  )
  await docker('network', 'connect', '--alias', 'far', `${stack.name}_backup`, far)
  for (let left = 200; ; left--) {
    const { failed } = await execa('docker', ['exec', far, 'store-healthy'], { reject: false })
    if (!failed) break
    if (left === 0) throw new Error(`The far store did not start.\n${await docker('logs', far)}`)
    await sleep(300)
  }
}

export async function removeFarAway(stack: Stack): Promise<void> {
  const far = farOf(stack)
  await execa('docker', ['rm', '--force', '--volumes', far], { reject: false })
  await execa('docker', ['volume', 'rm', '--force', `${far}-secrets`], { reject: false })
  farStores.delete(far)
}
