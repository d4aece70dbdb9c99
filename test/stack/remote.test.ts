/**
 * An environment on another engine: the runbook, its lock and its journal go there and nowhere else, over TCP, over
 * ssh and through a Docker context, and two operators on two machines meet there.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Project, project, source, until } from '../cli/project.ts'
import { docker, image, must, run, unique } from './containers.ts'

const engine = unique('stack-test-engine')
const keys = `/tmp/${engine}`
/** As `--privileged`, but without what is not to be had where this engine itself is in a container. */
const privileged = [
  ...['--cap-add=ALL', '--cap-drop=SYS_RESOURCE', '--volume=/sys/fs/cgroup:/sys/fs/cgroup'],
  ...['seccomp', 'apparmor', 'systempaths'].map((name) => `--security-opt=${name}=unconfined`),
  '--device-cgroup-rule=a *:* rwm',
]
let tcp: string
let ssh: string

const compose = `services:
  toolbox:
    image: ${image('toolbox')}
    init: true
    environment: { ENVIRONMENT: production }
    volumes: ['state:/var/lib/drillbook']
    networks: []
    healthcheck: { test: [CMD, test, -s, /var/lib/drillbook/environment], interval: 1s }
volumes:
  state:
`

const runbook = source(`
await step('Look around', () => $\`docker info --format '{{.Name}}'\`)

await step('Leave a mark', () => $\`docker compose exec -T toolbox sh -c 'echo x >>/var/lib/drillbook/mark'\`, {
  undo: () => $\`docker compose exec -T toolbox rm /var/lib/drillbook/mark\`,
})

await step('Wait for a sign', async () => {
  await retry(4, '1s', () => $\`docker compose exec -T toolbox test -e /var/lib/drillbook/sign\`)
})
`)

/** What an operator's machine has: a checkout, the engine's address, an ssh key. */
function machine(where: Record<string, string>): Project {
  const p = project({ try: runbook })
  // Here docker is docker.
  rmSync(join(p.root, 'bin/docker'))
  p.write('compose.yaml', compose)
  const entries = Object.entries(where).map(([name, value]) => `${name}=${value}\n`)
  p.write('environments/production.env', `${p.read('environments/production.env')}${entries.join('')}`)
  p.write('bin/ssh', `#!/bin/sh\nexec /usr/bin/ssh -F ${keys}/config "$@"\n`)
  chmodSync(join(p.root, 'bin/ssh'), 0o755)
  mkdirSync(join(p.root, '.docker'))
  const plugins = join(homedir(), '.docker/cli-plugins')
  if (existsSync(plugins)) symlinkSync(plugins, join(p.root, '.docker/cli-plugins'))
  return p
}

/** An operator's own Docker contexts are in the home directory. */
const play = (p: Project, ...args: string[]) => p.run(args, { HOME: p.root })
const state = (...args: string[]) => must('exec', engine, 'docker', 'exec', 'p-toolbox-1', ...args)

beforeAll(async () => {
  mkdirSync(keys, { mode: 0o700 })
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', `${keys}/key`])
  const built = image('test-engine')
  const tag = process.env.IMAGE_TAG ?? 'dev'
  await must('build', '--quiet', '--build-arg', `TAG=${tag}`, '--tag', built, 'test/stack/engine')
  await must(
    ...['run', '--detach', '--init', '--name', engine, '--hostname', engine, ...privileged],
    ...['--volume', '/var/lib/docker', '--publish', '127.0.0.1::2375', '--publish', '127.0.0.1::22'],
    ...['--env', `AUTHORIZED_KEYS=${readFileSync(`${keys}/key.pub`, 'utf8').trim()}`, built],
  )
  const port = async (inside: number) => (await must('port', engine, `${inside}/tcp`)).split(/[:\n]/)[1]
  tcp = `tcp://127.0.0.1:${await port(2375)}`
  ssh = `ssh://root@127.0.0.1:${await port(22)}`
  writeFileSync(
    `${keys}/config`,
    `IdentityFile ${keys}/key\nIdentitiesOnly yes\nStrictHostKeyChecking accept-new\nUserKnownHostsFile ${keys}/known_hosts\nBatchMode yes\n`,
  )
  for (let left = 100; (await docker('--host', tcp, 'version')).code !== 0; left--) {
    if (left === 0) throw new Error(`The engine did not start.\n${(await docker('logs', engine)).err}`)
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  const moved = await run('sh', ['-c', `docker save ${image('toolbox')} | docker --host ${tcp} load`])
  if (moved.code !== 0) throw new Error(moved.err)
  using p = machine({ DOCKER_HOST: tcp })
  const up = await run('docker', [
    ...['--host', tcp, 'compose', '--project-name', 'p', '--file', join(p.root, 'compose.yaml')],
    ...['up', '--detach', '--wait', 'toolbox'],
  ])
  if (up.code !== 0) throw new Error(up.err)
})

afterAll(async () => {
  await docker('rm', '--force', '--volumes', engine)
  rmSync(keys, { recursive: true, force: true })
})

describe.each([
  ['DOCKER_HOST=tcp://', (): Record<string, string> => ({ DOCKER_HOST: tcp })],
  ['DOCKER_HOST=ssh://', (): Record<string, string> => ({ DOCKER_HOST: ssh })],
  ['DOCKER_CONTEXT', (): Record<string, string> => ({ DOCKER_CONTEXT: 'elsewhere' })],
])('an environment with %s', (_, where) => {
  test('is played there, with lock and journal, and not on the engine of this machine', async () => {
    using p = machine(where())
    if ('DOCKER_CONTEXT' in where()) {
      const created = await run('env', [
        ...[`HOME=${p.root}`, 'docker', 'context', 'create', 'elsewhere', '--docker', `host=${tcp}`],
      ])
      expect(created.code).toBe(0)
    }
    const { exit, stdout, stderr } = await play(p, 'try', '--on', 'production')
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: '' })
    const [id = ''] = p.runs()
    // The first step says on which engine it was; the second left its mark in a volume of it.
    expect(stdout).toContain(`│ ${engine}`)
    expect(await state('cat', '/var/lib/drillbook/mark')).toBe('x')
    expect(await state('journal-read', id)).toBe(p.read(`.drillbook/runs/${id}.jsonl`).trim())
    const [start] = p.journal()
    expect(start).toMatchObject({ engine: where().DOCKER_HOST ?? tcp })
    expect(JSON.parse(await state('guard', 'show', '--json'))).toMatchObject({ held: false })
    expect(await must('ps', '--all', '--quiet', '--filter', 'label=com.docker.compose.project=p')).toBe('')

    expect((await play(p, 'undo', id)).exit).toBe(0)
    expect(await state('ls', '/var/lib/drillbook')).not.toContain('mark')
  })
})

test('two operators on two machines: the second is refused, and goes on when the first is gone', async () => {
  using ada = machine({ DOCKER_HOST: tcp })
  using ben = machine({ DOCKER_HOST: ssh })
  const { child, result } = ada.start(['try', '--on', 'production', '--yes'], { HOME: ada.root })
  await until(() => ada.runs().length === 1 && ada.journal().length > 1, 60)
  const [id = ''] = ada.runs()
  const refused = await play(ben, 'try', '--on', 'production')
  child.kill('SIGKILL')
  await result
  expect(refused).toMatchObject({ exit: 3, stderr: expect.stringContaining(id) })

  await state('touch', '/var/lib/drillbook/sign')
  const { exit, stderr } = await play(ben, 'resume', id, '--on', 'production', '--step', 'again')
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
  expect(JSON.parse(await state('guard', 'show', '--json'))).toMatchObject({ held: false })
  expect(await state('journal-read', id)).toBe(ben.read(`.drillbook/runs/${id}.jsonl`).trim())
})

test('the sandbox is refused there: it may be destroyed without asking', async () => {
  using p = machine({})
  p.write('environments/sandbox.env', `${p.read('environments/sandbox.env')}DOCKER_HOST=${ssh}\n`)
  const { exit, stderr } = await play(p, 'try', '--on', 'sandbox')
  expect({ exit, stderr }).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining('must run on this machine'),
  })
})

test('an engine that is another environment’s is refused', async () => {
  using p = machine({})
  const entries = `ENVIRONMENT=staging\nCOMPOSE_PROJECT_NAME=p\nCOMPOSE_FILE=compose.yaml\nDOCKER_HOST=${tcp}\n`
  p.write('environments/staging.env', entries)
  const { exit, stderr } = await play(p, 'try', '--on', 'staging')
  expect({ exit, stderr }).toMatchObject({ exit: 3, stderr: expect.stringContaining('production') })
  expect(p.runs()).toEqual([])
})
