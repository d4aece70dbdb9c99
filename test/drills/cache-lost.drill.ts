import { setTimeout as sleep } from 'node:timers/promises'
import { signIn } from './author.ts'
import { drill, inSecrets, mayLack, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

const folder = '/var/lib/redis/appendonlydir'
const newest = `$(ls -t ${folder}/*.incr.aof | head -n 1)`
const base = `$(ls -t ${folder}/*.base.rdb | head -n 1)`
const asOperator =
  'REDISCLI_AUTH=$(cat /run/secrets/toolbox/redis-password) redis-cli -h cache --user operator'

/** 200: signed in; 401: not (any more); 503: the cache is away. */
const session = ({ http, notes }: Scene & Tools) =>
  http('/api/sessions/current', { cookie: notes.cookie ?? '', milliseconds: 15_000 }).then(
    ({ status }) => status,
  )

/** A second is what the cache may keep from the disk. */
async function prepare(scene: Scene & Tools): Promise<void> {
  scene.notes.cookie = await signIn(scene)
  await sleep(1500)
}

/** As a disk does: in the middle of the file, while it is in use. It is found out at the next start. */
async function damage({ exec, stack }: Scene & Tools, file: string, at: string): Promise<void> {
  const script = `printf %64s x | dd of=${file} bs=1 seek=${at} conv=notrunc status=none`
  await exec('cache', 'sh', '-c', script)
  await stack.compose(['restart', 'cache'])
}

/** Writes the base file, which has every session of now in it. */
async function rewrite({ exec }: Tools): Promise<void> {
  await exec('toolbox', 'sh', '-c', `${asOperator} bgrewriteaof`)
  for (let left = 60; left > 0; left--) {
    const info = await exec('toolbox', 'sh', '-c', `${asOperator} info persistence`)
    if (/aof_rewrite_in_progress:0/.test(info) && /aof_rewrite_scheduled:0/.test(info)) return
    await sleep(500)
  }
  throw new Error('The append-only file was not rewritten.')
}

/** The hash of every file that is kept aside. */
const aside = ({ exec }: Tools) =>
  exec('cache', 'sh', '-c', 'cat /var/lib/redis/damaged-*/* | sha256sum; ls /var/lib/redis')

drill('cache-lost', {
  scenario: 'The newest file is damaged in the middle',
  async prepare(scene) {
    await prepare(scene)
    scene.notes.size = await scene.exec('cache', 'sh', '-c', `stat -c %s ${newest}`)
  },
  async disaster(scene) {
    // Written after the damage: cannot be kept.
    scene.notes.later = await signIn(scene)
    await sleep(1500)
    await damage(scene, newest, scene.notes.size ?? '')
  },
  limits: { rpo: 0 },
  serving: async (scene) => (await session(scene).catch(() => 0)) === 200,
  async verify(scene) {
    const { notes } = scene
    if ((await session(scene)) !== 200)
      throw new Error('Who was signed in before the damage is not any more.')
    const later = await session({ ...scene, notes: { cookie: notes.later ?? '' } })
    if (later !== 401) throw new Error(`The page says that later sessions are lost; found ${later}.`)
    await signIn(scene)
    if (!/damaged-/.test(await aside(scene))) throw new Error('The damaged files were not kept.')
  },
  mutants: true,
})

drill('cache-lost', {
  scenario: 'The base file is damaged, and there is no repair',
  async prepare(scene) {
    await prepare(scene)
    await rewrite(scene)
  },
  disaster: (scene) => damage(scene, base, `$(($(stat -c %s ${base}) / 2))`),
  params: () => ({ IF_BEYOND_REPAIR: 'empty' }),
  limits: { rpo: 0 },
  // Everybody has to sign in again, and can.
  serving: async (scene) => (await session(scene).catch(() => 0)) === 401,
  async verify(scene) {
    scene.notes.cookie = await signIn(scene)
    if ((await session(scene)) !== 200) throw new Error('Who signs in is not signed in.')
    if (!/damaged-/.test(await aside(scene))) throw new Error('The damaged files were not kept.')
  },
})

/** Nobody has said that all sessions may be lost. The disk is then read by somebody who can. */
twin('cache-lost', {
  twin: 'There is no repair, and nobody has agreed to lose the sessions',
  async break(scene) {
    await prepare(scene)
    await rewrite(scene)
    await scene.exec('cache', 'sh', '-c', `cp ${base} /var/lib/redis/kept`)
    await damage(scene, base, `$(($(stat -c %s ${base}) / 2))`)
  },
  async mend(scene) {
    const { run, stack } = scene
    await stack.compose(['stop', 'cache'])
    await run('cache', 'sh', '-c', `mv /var/lib/redis/kept ${base}`)
    await stack.compose(['start', 'cache'])
    await until(scene, 200)
  },
  message: /cannot be repaired/,
})

/** The undo starts the cache, which the engine then starts again until the secret is there. */
twin('cache-lost', {
  twin: 'It is not the files: a secret is missing',
  async break(scene) {
    await prepare(scene)
    await inSecrets(scene, 'rm /run/secrets/cache/users.acl')
    await scene.stack.compose(['restart', 'cache'])
  },
  async mend(scene) {
    await scene.stack.compose(['run', '--rm', '--no-deps', '-T', 'secrets'])
    await until(scene, 200)
  },
  message: /The secret .*users\.acl is missing/,
  mutants: true,
})

twin('cache-lost', {
  twin: 'The cache is well',
  break: prepare,
  mend: (scene) => until(scene, 200),
  message: /The cache answers, so there is nothing to repair/,
})

async function until(scene: Scene & Tools, wanted: number): Promise<void> {
  for (let left = 90; (await session(scene).catch(() => 0)) !== wanted; left--) {
    if (left === 0) throw new Error(`A session from before is not answered with ${wanted}.`)
    await sleep(1000)
  }
}

mayLack('cache-lost', { command: 'logs --no-log-prefix', why: 'It only shows what Redis said.' })
mayLack('cache-lost', {
  command: 'cache-files check',
  why: 'It says what the next step is about to find; that one stops for the same reasons.',
})
mayLack('cache-lost', {
  command: 'app:3000/readyz',
  why: 'It waits until the application has noticed, which it does by itself.',
})
