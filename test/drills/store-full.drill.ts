import {
  limitStore as before,
  overwrite,
  quota,
  uploadInParts,
  usedBytes,
  versionsIn,
} from './small-store.ts'
import { drill, mayLack, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

const scan = 'extra/scan'
const upload = 'extra/upload'
const newObjects = [scan, upload]

/** A user who uploads a file. */
const isTaken = ({ exec }: Tools) =>
  exec(
    'store',
    'sh',
    '-c',
    `head -c 512k /dev/urandom >/tmp/upload && store-request PUT /assets/${upload} /tmp/upload`,
  ).then(
    () => true,
    () => false,
  )

/** Users go on writing rows, and their log has to wait. */
async function goOn(scene: Scene & Tools): Promise<void> {
  if (await isTaken(scene)) throw new Error('The store still takes files.')
  scene.notes.taken = ''
  await scene.ledger.written(20)
  await scene.sql`select pg_switch_wal()`
  await scene.ledger.written(20)
}

/** Of what is deleted and overwritten, the ids, the oldest first. */
const former = async (scene: Tools) =>
  (await versionsIn(scene, 'assets'))
    .filter(({ key, latest, deleted }) => key === scan && !latest && !deleted)
    .map(({ id }) => id)
    .reverse()

async function checkRoom(scene: Tools): Promise<void> {
  const used = await usedBytes(scene)
  if (used > 0.72 * quota) throw new Error(`Of ${quota} bytes ${used} are used: 30 % were to be free.`)
  if (used < 0.6 * quota) throw new Error(`Only ${used} bytes are left: more was removed than was needed.`)
}

/** Nothing waits for the archive any more. */
async function checkLog({ exec }: Tools): Promise<void> {
  const waits = await exec(
    'db',
    'sh',
    '-c',
    'ls "$PGDATA"/pg_wal/archive_status | grep -c "[.]ready$" || true',
  )
  if (Number(waits) > 1) throw new Error(`${waits} segments of log wait for the archive.`)
}

const common = {
  before,
  serving: async (scene: Scene & Tools) => {
    // One is enough: each takes room.
    if (!scene.notes.taken && (await isTaken(scene))) scene.notes.taken = 'yes'
    return scene.notes.taken === 'yes'
  },
  params: () => ({ KEEP_HOURS: '0' }),
  limits: { rpo: 0 },
  newObjects,
}

drill('store-full', {
  ...common,
  scenario: 'A file that is written again and again, and then deleted, fills the store',
  async disaster(scene) {
    await overwrite(scene, `/assets/${scan}`)
    await scene.exec('store', 'store-request', 'DELETE', `/assets/${scan}`)
    scene.notes.former = (await former(scene)).join(' ')
    await goOn(scene)
  },
  async verify(scene) {
    await checkRoom(scene)
    await checkLog(scene)
    const had = (scene.notes.former ?? '').split(' ')
    const left = await former(scene)
    if (left.length === had.length) throw new Error('No former version has gone.')
    if (left.join(' ') !== had.slice(-left.length).join(' '))
      throw new Error('Others have gone than the oldest: the way back has holes.')
    // The next play fills it again, with something else.
    await clear(scene, 'assets', scan)
  },
  mutants: true,
})

drill('store-full', {
  ...common,
  scenario: 'An upload that did not end fills the store',
  async disaster(scene) {
    await uploadInParts(scene, `/assets/${scan}`)
    await goOn(scene)
  },
  async verify(scene) {
    // An upload goes as a whole, and with it all that filled the store.
    const used = await usedBytes(scene)
    if (used > 0.6 * quota) throw new Error(`Of ${quota} bytes ${used} are used.`)
    await checkLog(scene)
    const left = await scene.exec('store', 'store-request', 'GET', '/assets?uploads=')
    if (left.includes('<Upload>')) throw new Error(`An upload is still there: ${left}`)
  },
})

twin('store-full', {
  twin: 'All that could go was overwritten within the hours that are kept',
  before,
  async break(scene) {
    await overwrite(scene, `/assets/${scan}`)
    scene.notes.former = (await former(scene)).join(' ')
  },
  params: () => ({ KEEP_HOURS: '1' }),
  message: /Nothing else can be spared/,
  async mend(scene) {
    if ((await former(scene)).join(' ') !== scene.notes.former) throw new Error('Versions were removed.')
    await clear(scene, 'assets', scan)
  },
})

twin('store-full', {
  twin: 'What fills it is locked',
  before,
  async break(scene) {
    await overwrite(scene, `/backups/${scan}`)
    scene.notes.locked = String((await versionsIn(scene, 'backups')).length)
  },
  params: () => ({ KEEP_HOURS: '0' }),
  message: /is locked/,
  async mend(scene) {
    const left = (await versionsIn(scene, 'backups')).length
    if (left < Number(scene.notes.locked)) throw new Error('Locked versions were removed.')
    await clear(scene, 'backups', scan)
  },
})

/** For good, with the owner's right to pass over a lock. The store gives the room back by and by; now is better. */
const clear = async (scene: Tools, bucket: string, name: string) => {
  const versions = (await versionsIn(scene, bucket)).filter(({ key }) => key === name)
  const script = `for id; do store-request DELETE "$0?versionId=$id" "" "x-amz-bypass-governance-retention: true"; done
radosgw-admin -n client.rgw gc process --include-all >/dev/null`
  await scene.exec('store', 'bash', '-euc', script, `/${bucket}/${name}`, ...versions.map(({ id }) => id))
}

mayLack('store-full', { command: '--report', why: 'It only tells.' })
mayLack('store-full', { command: 'reconcile', why: 'It compares; what is there as it is was never touched.' })
mayLack('store-full', {
  command: 'archive-now',
  why: 'The server tries again by itself, within a minute. Here it is waited for, before the incident is over.',
})
