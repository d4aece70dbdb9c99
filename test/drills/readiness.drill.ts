import { setTimeout as sleep } from 'node:timers/promises'
import { drill, inSecrets, mayLack, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

interface Report {
  ready: boolean
  kind: string
  items: { id: string; answer: 'yes' | 'no' | 'person'; found: string; note: string; counts: boolean }[]
}

/** Until something is so; with what it is called if it does not come to that. */
async function until(what: string, isSo: () => Promise<boolean>, seconds = 120): Promise<void> {
  for (let left = seconds; !(await isSo()); left--) {
    if (left === 0) throw new Error(what)
    await sleep(1000)
  }
}

/** The scheduler takes the first backup, records what it holds and takes the first dump; all of them are items. */
const settled = ({ exec }: Tools) =>
  until('The scheduler has not done its first work.', async () => {
    const dumps = await exec('toolbox', 'rclone', 'lsf', 'store:backups/dumps')
    return (
      dumps.includes('.json') &&
      (await exec('toolbox', 'pgbackrest', 'info', '--output=json')).includes('contents')
    )
  })

const breakArchive = (scene: Scene) =>
  inSecrets(
    scene,
    "sed -i 's/^repo1-s3-key-secret=.*/repo1-s3-key-secret=wrong/' /run/secrets/db/pgbackrest.d/repo1.conf",
  )
/** Writes whatever is not as it must be. */
const mendArchive = ({ stack }: Scene) => stack.compose(['run', '--rm', '--no-deps', '-T', 'secrets'])

const archiver = ({ sql }: Tools) =>
  sql`select case when last_failed_time > coalesce(last_archived_time, '-infinity') then 'fails' else 'works' end from pg_stat_archiver`
async function archiving(scene: Scene & Tools, state: 'fails' | 'works'): Promise<void> {
  await scene.sql`select pg_switch_wal() from pg_current_xact_id()`
  await until(`Archiving never ${state}.`, async () => (await archiver(scene)) === state)
}

/** The checklist as JSON, from what the engine has told before. Exit 1 is an answer, too. */
async function report({ exec }: Tools, list = 'all'): Promise<Report> {
  const text = await exec('toolbox', 'sh', '-c', `readiness-report ${list} json 2>/dev/null || [ $? = 1 ]`)
  return JSON.parse(text) as Report
}
const noes = ({ items }: Report) =>
  items.filter(({ answer, counts }) => answer === 'no' && counts).map(({ id }) => id)
const answer = ({ items }: Report, id: string) => items.find((item) => item.id === id)

drill('readiness', {
  scenario: 'The archive did not take the log, and was mended',
  prepare: settled,
  /** First it must say no, to exactly that; then, with the cause away, yes. */
  async disaster(scene) {
    await breakArchive(scene)
    await archiving(scene, 'fails')
    const said = await scene.play({ CHECKLIST: 'all' }).then(
      () => 'yes to everything',
      (error: Error) => error.message,
    )
    scene.notes.said = /The answer is no to: [^.]*\./.exec(said)?.[0] ?? said
    await mendArchive(scene)
    await archiving(scene, 'works')
  },
  params: () => ({ CHECKLIST: 'all' }),
  limits: { rto: 0, rpo: 0 },
  async verify(scene) {
    if (scene.notes.said !== 'The answer is no to: log-archived.')
      throw new Error(`While archiving failed, the report said: ${scene.notes.said}`)
    const now = await report(scene)
    if (!now.ready || now.kind !== 'sandbox') throw new Error(`Not ready: ${noes(now)}`)
    // Answered honestly, though not asked of a sandbox.
    const second = answer(now, 'second-repository')
    if (second?.answer !== 'no' || second.counts)
      throw new Error(`A second repository: ${JSON.stringify(second)}`)
    if (answer(now, 'firewall')?.answer !== 'person')
      throw new Error('A command cannot see the firewall from here, and says that it did.')
    if (now.items.length < 60) throw new Error(`Only ${now.items.length} items.`)
    await asProduction(scene)
  },
  mutants: true,
})

/** The same stack, asked as if it were production: then it is far from ready, and says why. */
async function asProduction(scene: Scene & Tools): Promise<void> {
  const call = (kind: string) => scene.exec('toolbox', 'sh', '-c', `echo ${kind} >/var/lib/drillbook/kind`)
  await call('production')
  const strict = await report(scene, 'production').finally(() => call('sandbox'))
  const found = noes(strict)
  for (const id of ['second-repository', 'second-store', 'certificate-trusted', 'store-on-disk'])
    if (!found.includes(id))
      throw new Error(`As production it says no only to ${found}; expected ${id}, too.`)
}

twin('readiness', {
  twin: 'The log is not archived',
  async break(scene) {
    await settled(scene)
    await breakArchive(scene)
    await archiving(scene, 'fails')
  },
  async mend(scene) {
    await mendArchive(scene)
    await archiving(scene, 'works')
    const now = await report(scene, 'production')
    if (!now.ready) throw new Error(`After it was mended: no to ${noes(now)}`)
  },
  message: /^The answer is no to: log-archived\.$/m,
  mutants: true,
})

twin('readiness', {
  twin: 'A secret is older than 90 days',
  async break(scene) {
    await settled(scene)
    await inSecrets(scene, "touch -d '-100 days' /run/secrets/.source/app-secret")
  },
  mend: (scene) => inSecrets(scene, 'touch /run/secrets/.source/app-secret'),
  message: /^The answer is no to: secrets-age\.$/m,
  mutants: true,
})

twin('readiness', {
  twin: 'A service of the stack is down',
  async break(scene) {
    await settled(scene)
    await scene.stack.compose(['stop', 'pooler'])
  },
  mend: ({ stack }) => stack.compose(['start', 'pooler']),
  params: () => ({ CHECKLIST: 'pre-deploy' }),
  message: /^The answer is no to: containers-healthy ready\.$/m,
  mutants: true,
})

mayLack('readiness', {
  command: 'readiness-facts images',
  why: 'Whether all containers of the application run one image is then for a person to see, and the report says so.',
})
