import { setTimeout as sleep } from 'node:timers/promises'
import { limitVolumes, logUntil } from './small-volumes.ts'
import { drill, inSecrets, mayLack, repositoryLog, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

const small = { database: '700m' }
const before = limitVolumes(small)
const home = '/var/lib/postgresql'

/** What a restore of that moment would have left: its lock, and a cluster with a table that has been dropped since. */
const keepCluster = ({ exec }: Tools, stamp: string) =>
  exec('db', 'sh', '-c', copyCluster, `${home}/main`, `${home}/replaced-${stamp}`, `${home}/restore.lock`)
const copyCluster =
  'touch $2 && mkdir $1 && cp -a $0/PG_VERSION $0/base $0/global $1 && head -c 60M /dev/urandom >$1/base/dropped'
const removeClusters = ({ exec }: Tools) => exec('db', 'sh', '-c', `rm -rf ${home}/replaced-*`)
/** Older than every backup, and newer than each. */
const old = '20260101T000000Z'
const stampOf = (moment: Date) => moment.toISOString().replace(/\.\d+|[-:]/g, '')

const names = async ({ run }: Tools) => (await run('db-tools', 'ls', home)).split('\n').filter(Boolean).sort()

const breakArchive = (scene: Scene) =>
  inSecrets(
    scene,
    "sed -i 's/^repo1-s3-key-secret=.*/repo1-s3-key-secret=wrong/' /run/secrets/db/pgbackrest.d/repo1.conf",
  )
/** Writes whatever is not as it must be. */
const mendArchive = ({ stack }: Scene) => stack.compose(['run', '--rm', '--no-deps', '-T', 'secrets'])

/** Log that the archive does not take, until little room is left. */
async function fillWithLog(scene: Scene & Tools): Promise<void> {
  await breakArchive(scene)
  await scene.exec('db', 'bash', '-c', logUntil, '60')
}

/** The rest of the disk, until the database is down and stays so. */
async function stopDatabase({ exec }: Tools): Promise<void> {
  let down = 0
  for (const deadline = Date.now() + 180_000; down < 4; ) {
    if (Date.now() > deadline) throw new Error('The database goes on with a full disk.')
    const sql = ['-c', 'select pg_current_xact_id()', '-c', 'select pg_switch_wal()']
    const up = await exec('db', 'psql', '-XAtqd', 'postgres', ...sql).then(
      () => true,
      () => false,
    )
    down = up ? 0 : down + 1
    if (!up) await sleep(1500)
  }
}

/** Nobody can write any more: rows need another page, and there is none. */
async function fillWithRows({ exec, ledger }: Scene & Tools): Promise<void> {
  const grow = `psql -Xq -v ON_ERROR_STOP=1 <<'SQL'
create table drill.growth (payload text);
alter table drill.growth alter payload set storage external;
SQL
for rows in 1000 100 10 1; do
  while psql -Xq -v ON_ERROR_STOP=1 -c "insert into drill.growth select repeat('x', 8000) from generate_series(1, $rows)" -c checkpoint; do :; done
done 2>/dev/null`
  await exec('toolbox', 'bash', '-c', grow)
  for (const deadline = Date.now() + 60_000; isWriting(ledger); await sleep(200))
    if (Date.now() > deadline) throw new Error('Rows are still taken: the disk is not full.')
}

/** True if the system has taken a row in the last two seconds. */
function isWriting({ entries }: Scene['ledger']): boolean {
  return Date.now() - Math.max(...entries.slice(-50).map(({ acknowledged = 0 }) => acknowledged)) < 2000
}

/** The log in the repository has no hole. */
async function checkLog(scene: Scene): Promise<void> {
  const { files, timelines } = await repositoryLog(scene)
  if (timelines.length !== 1) throw new Error(`The repository has timelines ${timelines}.`)
  const segments = files.flatMap((file) => /([0-9A-F]{24})-/.exec(file)?.[1] ?? []).sort()
  const numbers = segments.map(
    (name) => Number.parseInt(name.slice(8, 16), 16) * 256 + Number.parseInt(name.slice(16), 16),
  )
  const hole = numbers.findIndex((number, index) => index > 0 && number !== (numbers[index - 1] ?? 0) + 1)
  if (hole !== -1) throw new Error(`The repository lacks the log before ${segments[hole]}.`)
}

drill('disk-full', {
  scenario: 'The archive did not take the log until the disk was full and the database down',
  before,
  async prepare(scene) {
    await keepCluster(scene, old)
    await fillWithLog(scene)
  },
  async disaster(scene) {
    await stopDatabase(scene)
    // Too late: what waits cannot be archived by a database that does not start.
    await mendArchive(scene)
  },
  limits: { rpo: 0 },
  async verify(scene) {
    await checkLog(scene)
    if (!(await names(scene)).includes(`replaced-${old}`))
      throw new Error('The way back was removed, although the log made room enough.')
    await removeClusters(scene)
  },
  mutants: true,
})

/** Megabytes of its volume: a tenth of all, and what is free. */
const tenth = 70
const room = async ({ exec }: Tools) =>
  Number((await exec('db', 'df', '--output=avail', '-BM', home)).replaceAll(/\D/g, ''))

drill('disk-full', {
  scenario: 'The log has nearly filled the disk, and the database still answers',
  before,
  prepare: fillWithLog,
  async disaster(scene) {
    await mendArchive(scene)
    if ((await room(scene)) >= tenth) throw new Error('A tenth of the disk is free before anything was done.')
  },
  limits: { rpo: 0 },
  async verify(scene) {
    await checkLog(scene)
    if ((await room(scene)) < tenth) throw new Error('Less than a tenth of the disk is free.')
  },
})

drill('disk-full', {
  scenario: 'Clusters that restores have kept and growing data fill the disk',
  before,
  async prepare(scene) {
    scene.notes.new = stampOf(new Date())
    await keepCluster(scene, old)
    await keepCluster(scene, scene.notes.new)
  },
  disaster: fillWithRows,
  serving: async ({ ledger }) => isWriting(ledger),
  params: () => ({ ROOM: '5' }),
  limits: { rpo: 0 },
  async verify(scene) {
    // The log that the repository has may have made room enough. It does not for as much as this.
    await scene.run('db-tools', 'relieve-disk', '30').catch(() => {})
    const left = await names(scene)
    if (left.includes(`replaced-${old}`)) throw new Error('The old cluster is still there.')
    if (!left.includes(`replaced-${scene.notes.new}`))
      throw new Error('A cluster was removed that is newer than every full backup.')
    await checkLog(scene)
    await removeClusters(scene)
  },
  mutants: true,
})

/** Starts it, if it has not come up by itself. */
async function ensureUp({ stack, exec }: Scene & Tools): Promise<void> {
  const up = await exec('db', 'pg_isready', '-q').then(
    () => true,
    () => false,
  )
  if (!up) await stack.compose(['restart', 'db'])
}

twin('disk-full', {
  twin: 'Nothing on the disk can be spared',
  // A stack of its own: where a disk was full of log, the database keeps some of it for a while, and could spare that.
  before: limitVolumes(small),
  async break(scene) {
    await keepCluster(scene, stampOf(new Date()))
    await scene.exec('db', 'sh', '-c', `head -c 2G /dev/zero >${home}/somebody.tar || true`)
    scene.notes.names = (await names(scene)).join(' ')
  },
  async mend(scene) {
    const left = (await names(scene)).join(' ')
    if (left !== scene.notes.names) throw new Error(`There was ${scene.notes.names}; now there is ${left}`)
    await scene.run('db-tools', 'sh', '-c', `rm -rf ${home}/replaced-* ${home}/somebody.tar`)
    await ensureUp(scene)
  },
  message: /Enlarge the volume/,
})

twin('disk-full', {
  twin: 'The archive still does not take the log',
  before,
  async break(scene) {
    await fillWithLog(scene)
    await stopDatabase(scene)
    scene.notes.log = await waitingLog(scene)
    if (!scene.notes.log) throw new Error('No log waits for the archive.')
  },
  async mend(scene) {
    const left = (await waitingLog(scene)).split('\n')
    const gone = (scene.notes.log ?? '').split('\n').filter((segment) => !left.includes(segment))
    if (gone.length > 0) throw new Error(`Log was removed that nobody had archived: ${gone}`)
    await mendArchive(scene)
    await scene.stack.compose(['stop', 'db'])
    await scene.run('db-tools', 'relieve-disk', '10')
    await scene.stack.compose(['up', '-d', '--no-deps', '--no-recreate', '--wait', 'db'])
  },
  message: /wait for the archive, which does not take them/,
  mutants: true,
})

/** Every segment that is in the cluster and not yet in the repository, by name. */
const waitingLog = async ({ run }: Tools) => {
  const list = `cd ${home}/main/pg_wal && for each in archive_status/*.ready; do name=$(basename "$each" .ready); [ ! -f "$name" ] || echo "$name"; done`
  return (await run('db-tools', 'sh', '-c', list)).trim()
}

mayLack('disk-full', { command: '--report', why: 'It only tells.' })
mayLack('disk-full', {
  command: 'app:3000/readyz',
  why: 'It waits until users are served. It tells when the incident is over.',
})
