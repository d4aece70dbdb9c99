import { setTimeout as sleep } from 'node:timers/promises'
import {
  checkRepositoryLog,
  drill,
  flipBackup,
  repositoryLog,
  scratchFiles,
  type Tools,
  twin,
} from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

interface Record {
  label: string
  contents: { segment: string; tables: { [table: string]: [number, string] } }
}

/** The newest backup and what was recorded for it; waits for the scheduler, which records a little later. */
async function recorded({ exec }: Pick<Tools, 'exec'>): Promise<Record> {
  for (let left = 90; left > 0; left--) {
    const info = JSON.parse(await exec('toolbox', 'pgbackrest', 'info', '--output=json'))
    const { label, annotation } = info[0].backup.at(-1)
    if (annotation?.contents) return { label, contents: JSON.parse(annotation.contents) }
    await sleep(1000)
  }
  throw new Error('The scheduler has not recorded what its backup holds.')
}

/** Also waits until the first logical dump is there, which the scheduler takes after that. */
async function dumped({ exec }: Pick<Tools, 'exec'>): Promise<void> {
  for (let left = 60; left > 0; left--) {
    if ((await exec('toolbox', 'rclone', 'lsf', 'store:backups/dumps')).includes('.json')) return
    await sleep(1000)
  }
  throw new Error('The scheduler has taken no logical dump.')
}

async function ready(scene: Scene & Tools): Promise<Record> {
  await dumped(scene)
  return recorded(scene)
}

/** The shelf is in the newest backup, and rows are being written while it is taken and recorded. */
drill('verify-backup', {
  scenario: 'The newest backup is verified while users write',
  async prepare(scene) {
    await ready(scene)
    await scene.exec('db', 'pgbackrest', 'backup', '--type=diff')
    await scene.exec('db', 'record-contents')
    scene.notes.log = JSON.stringify(await repositoryLog(scene))
    const { contents } = await recorded(scene)
    const books = Number(await scene.sql`select count(*) from books`)
    const held = contents.tables['public.books']?.[0]
    if (books === 0 || held !== books)
      throw new Error(`The record has ${held ?? 'no'} books; ${books} are on the shelf.`)
    if ((contents.tables['drill.ledger']?.[0] ?? 0) < 40) throw new Error('The ledger is not in the record.')
  },
  async disaster() {},
  limits: { rto: 0, rpo: 0 },
  async verify(scene) {
    await checkRepositoryLog(scene, scene.notes.log ?? '')
    const left = await scratchFiles(scene)
    if (left) throw new Error(`The copy was not removed: ${left.slice(0, 200)}`)
  },
  mutants: true,
})

/** What was recorded is changed by one row of one table, since nobody can change a row inside of a backup. */
twin('verify-backup', {
  twin: 'The backup lacks a row that was recorded',
  async break(scene) {
    const { label, contents } = await ready(scene)
    scene.notes.record = JSON.stringify(contents)
    scene.notes.label = label
    const tables = contents.tables['operations.environment']
    if (tables) tables[0]++
    await annotate(scene, label, JSON.stringify(contents))
  },
  mend: (scene) => annotate(scene, scene.notes.label ?? '', scene.notes.record ?? ''),
  message: /operations\.environment: 2 rows were recorded, 1 are there/,
  mutants: true,
})

twin('verify-backup', {
  twin: 'A segment of the write-ahead log is missing',
  async break(scene) {
    const { segment } = (await ready(scene)).contents
    const { files } = await repositoryLog(scene)
    const file = files.find((path) => path.includes(segment))
    if (!file) throw new Error(`The segment ${segment} is not in the repository.`)
    scene.notes.file = file
    const archive = 'store:backups/pgbackrest/archive'
    await scene.exec('toolbox', 'rclone', 'moveto', `${archive}/${file}`, `${archive}-away/${file}`)
  },
  async mend({ exec, notes }) {
    const archive = 'store:backups/pgbackrest/archive'
    await exec('toolbox', 'rclone', 'moveto', `${archive}-away/${notes.file}`, `${archive}/${notes.file}`)
  },
  message: /WAL segment [0-9A-F]{24} cannot be had/,
})

/** What a pipeline leaves behind whose first program failed. */
twin('verify-backup', {
  twin: 'The newest logical dump is empty',
  async break(scene) {
    await ready(scene)
    for (const name of ['dump.age', 'json'])
      await scene.exec('toolbox', 'rclone', 'rcat', `store:backups/dumps/app-21990101T000000Z.${name}`)
  },
  mend: ({ exec }) => exec('toolbox', 'rclone', 'delete', 'store:backups/dumps', '--include', 'app-2199*'),
  message: /app-21990101T000000Z\.dump\.age has no record/,
})

twin('verify-backup', {
  twin: 'Bytes of the backup are flipped',
  async break(scene) {
    await ready(scene)
    await flipBackup(scene)
  },
  message: /ERROR: \[\d+\]/,
})

const annotate = ({ exec }: Tools, label: string, record: string) =>
  exec('db', 'pgbackrest', 'annotate', `--set=${label}`, `--annotation=contents=${record}`)
