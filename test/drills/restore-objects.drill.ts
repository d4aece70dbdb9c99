import { createHash } from 'node:crypto'
import { copyAsScheduled, flipCopy, inToolbox, newestCopy, startFarStore, stopFarStore } from './far-store.ts'
import { drill, mayLack, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

const uploads = 30
const added = [...Array.from({ length: uploads }, (_, n) => `extra/upload-${n + 1}`), 'extra/damaged']

const hash = (body: string) => createHash('sha256').update(body, 'latin1').digest('hex')

/** A cover that a user looks at. */
async function chooseCover({ http, sql, notes }: Scene & Tools): Promise<void> {
  const id = await sql`select min(id::text) from books`
  notes.cover = JSON.parse((await http(`/api/books/${id}`)).body).cover.url
  notes.hash = hash((await http(notes.cover ?? '')).body)
}

const coverIsThere = ({ http, notes }: Scene & Tools) =>
  http(notes.cover ?? '')
    .then(({ status, body }) => status === 200 && hash(body) === notes.hash)
    .catch(() => false)

/** Files, one after the other; the moments at which the store had taken each, in seconds. */
const upload = (tools: Tools, first: number, last: number) =>
  inToolbox(
    tools,
    `for n in $(seq ${first} ${last}); do printf "upload $n" | rclone rcat "store:assets/extra/upload-$n"; date +%s.%N; done`,
  )

/** How old the oldest upload is that is lost, in seconds, when the disaster comes at `disaster`. */
async function lostUploads(scene: Scene & Tools): Promise<number> {
  const at = scene.notes.copied ?? ''
  const list = 'rclone copy store:assets/extra extra; cat extra/upload-* | sed "s/upload /\\n/g" | sed 1d'
  const there = new Set((await inToolbox(scene, list)).split('\n').map(Number))
  const lost = (scene.notes.uploads ?? '')
    .split('\n')
    .map((moment, index) => ({ n: index + 1, moment: Number(moment) }))
    .filter(({ n }) => !there.has(n))
  const early = lost.filter(({ moment }) => moment < Date.parse(at) / 1000)
  if (early.length > 0)
    throw new Error(`Upload ${early[0]?.n} was there before the copy of ${at}, and is lost.`)
  if (there.size === 0 || lost.length === 0)
    throw new Error(`Lost are ${lost.length} uploads of ${uploads}; expected some.`)
  return Number(scene.notes.disaster) - Math.min(...lost.map(({ moment }) => moment))
}

async function clear(scene: Scene & Tools): Promise<void> {
  await scene.exec('toolbox', 'rclone', 'delete', 'store:assets/extra')
  await stopFarStore(scene)
}

/** The scheduler copies while users upload; what they upload after that is lost. */
drill('restore-objects', {
  scenario: 'The bucket is gone, with every version in it',
  async prepare(scene) {
    await chooseCover(scene)
    await startFarStore(scene)
    // Some before the copy begins, and the others while it is made: it has a part of those.
    const early = await upload(scene, 1, 5)
    const uploading = upload(scene, 6, uploads)
    await copyAsScheduled(scene)
    scene.notes.uploads = `${early}\n${await uploading}`
  },
  async disaster(scene) {
    scene.notes.copied = (await newestCopy(scene)).at
    scene.notes.disaster = String(Date.now() / 1000)
    await scene.exec(
      'store',
      'radosgw-admin',
      '-n',
      'client.rgw',
      'bucket',
      'rm',
      '--bucket=assets',
      '--purge-objects',
    )
    const left = await scene.exec('toolbox', 'rclone', 'lsf', 'store:assets').catch(() => 'none')
    if (left !== 'none') throw new Error(`The bucket is still there: ${left.slice(0, 200)}`)
  },
  serving: coverIsThere,
  limits: { rpo: 0 },
  newObjects: added,
  async verify(scene) {
    const seconds = await lostUploads(scene)
    const age = Number(scene.notes.disaster) - Date.parse(scene.notes.copied ?? '') / 1000
    if (seconds > age) throw new Error(`Uploads of ${seconds} s are lost; the copy was ${age} s old.`)
    // Everything that belongs to the bucket: the store itself checks the versions, the application writes.
    await scene.exec('store', 'store-healthy')
    await scene.exec(
      'store',
      'bash',
      '-c',
      'store-request GET "/assets?policy" | grep -q user/app && store-request GET "/assets?lifecycle" | grep -q NoncurrentDays',
    )
    await clear(scene)
  },
  mutants: true,
})

/** Both: what is different is set back, and what cannot be read right is left out, and named. */
drill('restore-objects', {
  scenario: 'Files are overwritten, and one of the copies is damaged',
  async prepare(scene) {
    await chooseCover(scene)
    await startFarStore(scene)
    await inToolbox(scene, 'head -c 10000 /dev/urandom | rclone rcat store:assets/extra/damaged')
    await copyAsScheduled(scene)
    await flipCopy(scene, 'extra/damaged')
    scene.notes.key = await scene.sql`select cover_key from books order by id::text limit 1`
  },
  async disaster(scene) {
    await inToolbox(
      scene,
      `rclone deletefile store:assets/extra/damaged
       { rclone lsf store:assets/covers | sed -n 1,20p; echo "\${1#covers/}"; } | sort -u | while read -r name; do
         printf broken | rclone rcat "store:assets/covers/$name"
       done`,
      scene.notes.key ?? '',
    )
  },
  params: () => ({ WHICH: 'changed', DAMAGED: 'leave-out' }),
  serving: coverIsThere,
  limits: { rpo: 0 },
  newObjects: added,
  async verify(scene) {
    const extra = await scene.exec('toolbox', 'rclone', 'lsf', 'store:assets/extra').catch(() => '')
    if (extra) throw new Error(`It came back although its copy is damaged: ${extra}`)
    await clear(scene)
  },
})

twin('restore-objects', {
  twin: 'The second store cannot be reached',
  break: (scene) => stopFarStore(scene),
  async mend() {},
  message: /The second store does not answer/,
})

twin('restore-objects', {
  twin: 'A bit of a copy has flipped',
  async break(scene) {
    await startFarStore(scene)
    await copyAsScheduled(scene)
    scene.notes.key = await scene.sql`select cover_key from books order by id::text limit 1`
    await flipCopy(scene, scene.notes.key)
    await scene.exec('toolbox', 'rclone', 'delete', 'store:assets/covers')
  },
  async mend(scene) {
    const covers = await scene.exec('toolbox', 'rclone', 'lsf', 'store:assets/covers').catch(() => '')
    await scene.exec('toolbox', 'lost-objects', scene.before, '', 'deleted')
    await scene.exec('toolbox', 'recover-objects')
    // The next copy replaces the damaged one.
    await scene.exec('scheduler', 'replicate-objects')
    await scene.exec('scheduler', 'replicate-objects', '--check')
    await stopFarStore(scene)
    if (covers) throw new Error(`Files came back although a copy is damaged: ${covers.slice(0, 200)}`)
  },
  message: /1 copies are missing, or are not what was copied: covers\//,
  mutants: true,
})

mayLack('restore-objects', {
  command: 'restore-objects --check',
  why: 'It compares for the operator. The drill compares every file itself.',
})
mayLack('restore-objects', { command: 'app reconcile', why: 'It only lists.' })
