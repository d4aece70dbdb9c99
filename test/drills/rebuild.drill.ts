import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '#drill'
import { playScript } from '../../src/drill/script.ts'
import { attach } from '../../src/drill/stack.ts'
import { emptyPlace, moveBack, moveToEmptyPlace } from './empty-project.ts'
import { copyAsScheduled } from './far-store.ts'
import { contentsOf, environmentIn, kitOf, kitParams, secretsIn, textOf } from './recovery-kit.ts'
import { emptyEngine, removeFarAway, secondEngine, startFarAway } from './second-engine.ts'
import { drill, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

/** A stack of its own: its environment's file is led elsewhere, which the sandbox's must never be. */
const before = async () => {}

/** The old machine of a stack, whatever its environment's file leads to by then. */
const oldMachines = new Map<string, Stack>()

const fileOf = ({ root, name }: Stack) => join(root, 'environments', `${name}.env`)

/** Changes the environment's file, and what this drill's own commands get. */
function lead(stack: Stack, own: Record<string, string>, text = readFileSync(fileOf(stack), 'utf8')): void {
  const kept = text.split('\n').filter((line) => line && !((/^\w+/.exec(line)?.[0] ?? '') in own))
  const added = Object.entries(own).map(([key, value]) => `${key}='${value}'`)
  writeFileSync(fileOf(stack), `${[...kept, ...added].join('\n')}\n`)
  Object.assign(stack.entries, own)
  Object.assign(stack.env, own)
}

/** Backups and copies go to another place from now on, as a team has it in production. */
async function backUpElsewhere(scene: Scene & Tools): Promise<void> {
  const { stack } = scene
  await startFarAway(stack)
  lead(stack, { BACKUPS_ENDPOINT: 'far' })
  oldMachines.set(stack.name, attach(stack.root, stack.name))
  // The first segment must find its stanza. The scheduler then takes the first backup there, and is healthy after it.
  await stack.compose(['run', '--rm', '--no-deps', '-T', 'secrets'])
  await scene.run('db-tools', 'pgbackrest', '--no-online', 'stanza-create')
  await stack.compose(['up', '--detach', '--wait'])
  await copyAsScheduled(scene)
}

async function packKit({ stack }: Scene): Promise<void> {
  await kitOf(stack)
  const request = { root: stack.root, runbook: 'backup-config', on: stack.name, params: kitParams(stack) }
  const played = await playScript(request)
  if (!played.done) throw new Error(`The kit could not be packed: ${played.message}`)
}

/** From the kit alone: nothing of the old machine, nor of its environment's file, is at hand any more. */
async function leadToNewMachine(stack: Stack): Promise<void> {
  const { address, host } = await secondEngine(stack)
  const port = (entry: string) => `${address}:${(stack.entries[entry] ?? '').split(':').at(-1)}`
  const own = { DOCKER_HOST: host, HTTPS_PORT: port('HTTPS_PORT'), HTTP_PORT: port('HTTP_PORT') }
  rmSync(fileOf(stack))
  lead(stack, own, await environmentIn(stack, await kitOf(stack)))
  if (await stack.compose(['ps', '--all', '--quiet'])) throw new Error('The new machine is not empty.')
}

/** Every file of the log in the far store, by the timeline it belongs to. */
async function archived({ exec }: Pick<Tools, 'exec'>, timeline: string): Promise<string> {
  const list = ['lsf', '-R', '--files-only', 'store:backups/pgbackrest/archive']
  const files = (await exec('toolbox', 'rclone', ...list)).split('\n')
  return files
    .filter((file) => file.split('/').at(-1)?.startsWith(timeline))
    .sort()
    .join('\n')
}

/** It is no more than switched on again. It must be refused whatever it wants to write, and says so. */
async function oldMachineComesBack(scene: Scene & Tools): Promise<void> {
  const machine = oldMachines.get(scene.stack.name)
  if (!machine) throw new Error('There is no old machine.')
  const timeline = '00000001'
  const had = await archived(scene, timeline)
  await machine.compose(['start', 'store', 'db', 'cache', 'pooler', 'toolbox', 'scheduler'])
  const exec = (service: string, ...command: string[]) => machine.compose(['exec', '-T', service, ...command])
  const sql = (text: string) => exec('db', 'psql', '-XAtqd', 'app', '-c', text)
  for (let left = 120; ; left--) {
    const recovering = await sql('select pg_is_in_recovery()').catch(() => '')
    if (recovering === 'f') break
    if (left === 0) throw new Error('The old machine did not come back.')
    await sleep(500)
  }
  await sql("select pg_logical_emit_message(true, 'drill', 'from the old machine'); select pg_switch_wal()")
  const failed =
    "select case when last_failed_time > coalesce(last_archived_time, '-infinity') then 'refused' end from pg_stat_archiver"
  for (let left = 120; (await sql(failed)) !== 'refused'; left--) {
    if (left === 0) throw new Error('The old machine’s archive command was never refused.')
    await sleep(500)
  }
  const said = (...command: string[]) =>
    exec('scheduler', ...command).then(
      () => 'done',
      (error: Error & { stderr?: string; stdout?: string }) => `${error.stderr} ${error.stdout}`,
    )
  const backup = await said('pgbackrest', '--type=full', 'backup')
  if (!/403/.test(backup)) throw new Error(`The old machine takes a backup, and is told: ${backup}`)
  const copies = await said('replicate-objects')
  if (!/403|AccessDenied|InvalidAccessKeyId/.test(copies))
    throw new Error(`The old machine copies files, and is told: ${copies}`)
  const has = await archived(scene, timeline)
  if (has !== had) throw new Error('The old machine has written to the archive.')
}

/** The new kit opens, has the keys of today, and not those that the old machine has. */
async function checkKit(scene: Scene & Tools): Promise<void> {
  const kit = await kitOf(scene.stack)
  const newest = await contentsOf(
    scene.stack,
    await scene.exec('toolbox', 'keep-recovery-kit', '--show'),
    kit,
  )
  const former = await contentsOf(scene.stack, scene.notes.kit ?? '', kit)
  const now = await secretsIn(scene)
  const keys = ['backup', 'backup-readonly', 'far'].map((user) => `s3-${user}-secret-key`)
  for (const [name, value] of Object.entries(now)) {
    if (newest[`secrets/${name}`] !== value) throw new Error(`${name} is not in the new kit.`)
    const same = former[`secrets/${name}`] === value
    if (same === (keys.includes(name) || keys.includes(name.replace('access', 'secret'))))
      throw new Error(`${name} is ${same ? 'still' : 'not'} that of the kit.`)
  }
  const journal = await scene.exec(
    ...(['toolbox', 'find', '/var/lib/drillbook/', '-name', '*.jsonl', '-exec', 'cat', '{}', '+'] as const),
  )
  const shown = Object.entries(now).filter(
    ([name, value]) => !name.endsWith('.crt') && journal.includes(value),
  )
  if (shown.length > 0) throw new Error(`In the journal: ${shown.map(([name]) => name)}`)
}

/** Not a rebuild, but what it must never do: a system that is there would be lost. */
twin('rebuild', {
  twin: 'The machine is not empty',
  before,
  async break({ stack }) {
    await kitOf(stack)
  },
  async mend() {},
  params: ({ stack }) => kitParams(stack),
  message: /A database is being served here: this machine is not empty\. Nothing was changed/,
})

/** An empty place, with a kit that was packed by hand: what is refused needs no second engine. */
async function begin(
  scene: Scene,
  kit: { of?: string } = {},
  entries: Record<string, string> = {},
): Promise<void> {
  const { stack } = scene
  const { file, recipient, root } = await kitOf(stack)
  const environment = kit.of ?? stack.name
  const pack = ['run', '--rm', '--no-deps', '-T', '-e', `ENVIRONMENT=${environment}`, 'secrets']
  const text = await stack.compose([...pack, 'pack-recovery-kit', recipient], {
    input: `ENVIRONMENT='${environment}'\n`,
  })
  writeFileSync(join(root, file), `${text}\n`)
  await moveToEmptyPlace(stack, entries)
  await emptyPlace(stack)?.stack.compose(['up', '--detach', '--wait', 'toolbox'])
}

twin('rebuild', {
  twin: 'The kit is that of another environment',
  before,
  break: (scene) => begin(scene, { of: 'somewhere-else' }),
  async mend(scene) {
    await nothingPutIn(scene)
    await moveBack(scene.stack)
  },
  params: ({ stack }) => kitParams(stack),
  message: /This is the recovery kit of «somewhere-else»/,
})

twin('rebuild', {
  twin: 'The far store cannot be reached',
  before,
  break: (scene) => begin(scene, {}, { BACKUPS_ENDPOINT: 'far' }),
  mend: ({ stack }) => moveBack(stack),
  params: ({ stack }) => kitParams(stack),
  message: /The far store does not answer at https:\/\/far:8443/,
})

/** The secrets of the place are its own, and none of the kit. */
async function nothingPutIn({ stack }: Scene): Promise<void> {
  const there = emptyPlace(stack)?.stack
  if (!there) throw new Error('There is no empty place.')
  const [ours, theirs] = [await secretsIn({ stack: there }), await secretsIn({ stack })]
  const same = Object.keys(ours).filter((name) => ours[name] === theirs[name])
  if (same.length > 0) throw new Error(`Put in although the kit was refused: ${same}`)
}

/** The last one: it leaves a stack that nothing can be played on any more. */
drill('rebuild', {
  scenario: 'The machine is gone, with everything on it',
  before,
  spent: true,
  async prepare(scene) {
    // Its images take as long as all the rest.
    await Promise.all([emptyEngine(scene.stack), backUpElsewhere(scene).then(() => packKit(scene))])
    scene.notes.kit = textOf(await kitOf(scene.stack))
    await scene.ledger.written(60)
  },
  async disaster({ stack }) {
    const all = (await stack.compose(['ps', '--quiet'])).split('\n').filter(Boolean)
    if (all.length < 8) throw new Error(`Only ${all.length} containers run.`)
    await stack.compose(['kill'])
    await leadToNewMachine(stack)
    // The images are there. What the operator does before the runbook counts as well.
    await stack.compose(['up', '--detach', '--wait', 'toolbox'])
  },
  params: ({ stack }) => kitParams(stack),
  limits: { rto: 1800, rpo: 75 },
  async verify(scene) {
    try {
      const engine = await scene.exec('toolbox', 'cat', '/var/lib/drillbook/environment')
      if (engine.trim() !== scene.stack.name) throw new Error(`The new machine is ${engine}.`)
      await checkKit(scene)
      await oldMachineComesBack(scene)
      // What the new one archives goes on, and can be restored.
      await scene.exec('db', 'pgbackrest', 'check')
    } finally {
      await removeFarAway(scene.stack)
    }
  },
})
