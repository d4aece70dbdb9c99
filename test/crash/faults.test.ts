/**
 * What a restore does when its surroundings break in the middle of it. Each fault ends in success, at once or when
 * the run goes on after it was put right, and every row, table and object is compared. A run takes two of them, by
 * the seed; CRASH=all takes all.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomBy } from '../../src/drill/crash/cells.ts'
import { type Fault, playFault } from '../../src/drill/crash/fault.ts'
import { stageOf } from '../../src/drill/prove.ts'
import { loadDrill } from '../../src/drill/rehearse.ts'
import { type OwnStack, removeAtExit, startStack, sweep } from '../../src/drill/stack.ts'
import type { Stack } from '../../src/drill/types.ts'
import { limitVolumes } from '../drills/small-volumes.ts'

const root = process.cwd()
const drill = await loadDrill(root, 'restore')
const stage = await stageOf(root, 'restore')
const seed = Number(process.env.CRASH_SEED)

/** To a moment, with the database still there. */
const dropped = scenario('A table is dropped by mistake')
/** To the newest state: whoever overlooks a store that does not answer loses data here. */
const destroyed = scenario('The data files are destroyed, the write-ahead log is not')

function scenario(name: string) {
  const found = drill.scenarios.find((each) => each.scenario === name)
  if (!found) throw new Error(`The drill has no scenario “${name}”.`)
  return found
}

const docker = async (...args: string[]) => (await execa('docker', args)).stdout

/** Containers of the stack that run, services or one-off ones. */
async function running({ name }: Stack, ...filters: string[]): Promise<string[]> {
  const given = [`label=com.docker.compose.project=${name}`, ...filters]
  const list = await docker('ps', '--format', '{{.Names}}', ...given.flatMap((each) => ['--filter', each]))
  return list.split('\n').filter(Boolean)
}

const oneOff = 'label=com.docker.compose.oneoff=True'

/** The containers of the command that runs. On a busy machine it takes a while until there is one. */
async function atWork(stack: Stack): Promise<string[]> {
  for (let left = 100; left > 0; left--) {
    const names = await running(stack, oneOff)
    if (names.length > 0) return names
    await sleep(200)
  }
  throw new Error('No command began to work.')
}

const service = 'label=com.docker.compose.oneoff=False'

async function healthy(names: readonly string[]): Promise<void> {
  for (const name of names) {
    for (let left = 120; ; left--) {
      const state = await docker(
        'inspect',
        '--format',
        '{{if .State.Health}}{{.State.Health.Status}}{{end}}',
        name,
      )
      if (state !== 'starting' && state !== 'unhealthy') break
      if (left === 0) throw new Error(`${name} is ${state}.`)
      await sleep(1000)
    }
  }
}

/** The networks by which the store is reached. */
const storeNetworks = ['data', 'backup']

/** The store is there and keeps its content; nobody reaches it. */
async function cutOffStore({ name }: Stack): Promise<void> {
  for (const network of storeNetworks)
    await docker('network', 'disconnect', `${name}_${network}`, `${name}-store-1`)
}

async function reconnectStore({ name }: Stack): Promise<void> {
  for (const network of storeNetworks)
    await docker('network', 'connect', '--alias', 'store', `${name}_${network}`, `${name}-store-1`)
}

const fill = 'head -c 2G /dev/zero >$0/filler 2>/dev/null; df --output=avail $0 | tail -n 1'

/** What an engine that is restarted does to a stack: every container is asked to end, and those of services begin again. */
let stopped: string[] = []

const faults: Record<string, Fault> = {
  'the store cannot be reached while the files are restored': {
    scenario: dropped,
    at: { step: 'restore-the-files' },
    cause: cutOffStore,
    mend: reconnectStore,
    stops: /store|connect|resolve|host/i,
  },
  'the store cannot be reached while the log is replayed': {
    scenario: destroyed,
    at: { step: 'recover-and-check' },
    cause: cutOffStore,
    mend: reconnectStore,
    stops: /store|connect|resolve|host/i,
  },
  'the database that recovers is killed': {
    scenario: dropped,
    at: { step: 'recover-and-check', during: { command: 1, milliseconds: 500 } },
    cause: async (stack) => docker('kill', ...(await atWork(stack))),
    stops: /exit code 137/,
  },
  'the database is killed while it starts, and is started again': {
    scenario: destroyed,
    at: { step: 'start-the-database', during: { command: 2, milliseconds: 0 } },
    async cause(stack) {
      await stack.compose(['kill', 'db'])
      await sleep(2000)
      await stack.compose(['start', 'db'])
    },
  },
  'the database is killed while its backup is taken': {
    scenario: dropped,
    at: { step: 'take-the-backup', during: { command: 1, milliseconds: 300 } },
    cause: (stack) => stack.compose(['kill', 'db']),
    async mend(stack) {
      await stack.compose(['start', 'db'])
      await healthy([`${stack.name}-db-1`])
    },
    stops: /exit code/,
  },
  'every container is stopped while the log is replayed, as by a restart of the engine': {
    scenario: destroyed,
    at: { step: 'recover-and-check', during: { command: 1, milliseconds: 0 } },
    async cause(stack) {
      await atWork(stack)
      stopped = await running(stack, service)
      await docker('stop', '--time', '15', ...(await running(stack)))
    },
    async mend() {
      await docker('start', ...stopped)
      await healthy(stopped)
    },
    stops: /The journal on \S+ cannot be written/,
  },
  "the operator's clock jumps by two hours, and back by a day": {
    scenario: dropped,
    at: { step: 'swap-the-clusters' },
    async cause() {},
    jumps: [
      { step: 'restore-the-files', by: 7_200_000 },
      { step: 'swap-the-clusters', by: -86_400_000 },
    ],
  },
  'the disk of the journal on the target is full': {
    scenario: dropped,
    at: { step: 'salvage-the-write-ahead-log' },
    async cause(stack) {
      const left = await stack.compose(['exec', '-T', 'toolbox', 'sh', '-c', fill, '/var/lib/drillbook'])
      expect(left.trim()).toBe('0')
    },
    mend: (stack) => stack.compose(['exec', '-T', 'toolbox', 'rm', '/var/lib/drillbook/filler']),
    stops: /The journal on \S+ cannot be written.*No space left on device/,
  },
  'the disk of the database is full': {
    scenario: dropped,
    at: { step: 'restore-the-files' },
    async cause(stack) {
      const run = ['run', '--rm', '--no-deps', '-T', 'db-tools', 'sh', '-c', fill, '/var/lib/postgresql']
      expect((await stack.compose(run)).trim()).toBe('0')
    },
    mend: (stack) =>
      stack.compose(['run', '--rm', '--no-deps', '-T', 'db-tools', 'rm', '/var/lib/postgresql/filler']),
    // What pgBackRest says after a second and third try does not always have the system's own words.
    stops: /No space left on device|unable to write '\/var\/lib\/postgresql/,
  },
}

/** Those that need a disk that can be filled. */
const small = new Set(['the disk of the journal on the target is full', 'the disk of the database is full'])

const smallVolumes = limitVolumes({ state: '4m', database: '700m' })

let stack: (OwnStack & { small: boolean }) | undefined

/** The stack of the test before, if it is of that kind. */
async function onStack(isSmall: boolean): Promise<OwnStack> {
  if (stack && stack.small !== isSmall) {
    await stack.remove()
    stack = undefined
  }
  if (!stack) {
    const own = await startStack(root, drill.system, isSmall ? { before: smallVolumes } : {})
    stack = { ...own, small: isSmall }
  }
  return stack
}

beforeAll(async () => {
  removeAtExit(root)
  await sweep(root)
})

afterAll(() => stack?.remove())

const random = randomBy(seed)
const names = Object.keys(faults)
const chosen =
  process.env.CRASH === 'all'
    ? names
    : names
        .map((name) => ({ name, key: random() }))
        .sort((a, b) => a.key - b.key)
        .slice(0, 2)
        .map(({ name }) => name)

for (const name of names) {
  test.runIf(chosen.includes(name))(`${name} (CRASH_SEED=${seed})`, async () => {
    const fault = faults[name] as Fault
    const own = await onStack(small.has(name))
    try {
      console.log(`${name}: ${await playFault(drill, stage, own, fault)}`)
    } catch (error) {
      // What is broken now must not break the next one.
      await own.remove()
      stack = undefined
      throw error
    }
  })
}

/** What an operator leaves running who dies in the middle of a step, and the next one starts again. */
test('two backups at once, two restore programs at once: the second waits for the first', async () => {
  const { compose } = await onStack(false)
  const backup = () => compose(['exec', '-T', 'db', 'take-backup', 'full'])
  const [one, two] = await Promise.all([backup(), backup()])
  expect([one, two].filter((said) => said.includes('Another backup is being taken.'))).toHaveLength(1)

  const order =
    'echo $0 begins >>/var/lib/postgresql/order; sleep 2; echo $0 ends >>/var/lib/postgresql/order'
  const alone = (name: string) =>
    compose(['run', '--rm', '--no-deps', '-T', 'db-tools', 'alone', 'sh', '-c', order, name])
  await Promise.all([alone('one'), alone('two')])
  const read = ['run', '--rm', '--no-deps', '-T', 'db-tools', 'cat', '/var/lib/postgresql/order']
  const lines = (await compose(read)).split('\n').map((line) => line.split(' ')[0])
  expect(lines[0]).toBe(lines[1])
  expect(lines[2]).toBe(lines[3])
})
