import { execa } from 'execa'
import type { Scene } from '#drill'
import { type Author, startWriting } from './author.ts'
import { type Load, startReading } from './readers.ts'
import { build, migrationFile, nameImage } from './releases.ts'
import { drill, mayLack, type Tools, twin } from './stack.ts'

type Stage = Scene & Tools

/** The next version: it keeps notes, and finds authors whatever their case. */
const expansion = {
  '20301201000000000_notes.sql': `-- Up Migration
ALTER TABLE books ADD COLUMN notes text NOT NULL DEFAULT '';
CREATE INDEX books_author ON books (lower(author));
-- Down Migration
DROP INDEX books_author;
ALTER TABLE books DROP COLUMN notes;
`,
}
/** And what only the version after it can do without. */
const contraction = {
  '20301202000000000_no-notes.contract.sql': '-- Up Migration\nALTER TABLE books DROP COLUMN notes;\n',
}
const mistake = { '20301201000000000_notes.sql': 'ALTER TABLE boks ADD COLUMN notes text;\n' }

const users = new Map<string, { author: Author; load: Load }>()

/** What the version before knows of the shelf. */
const shelf = ({ sql }: Tools) =>
  sql`select md5(string_agg(concat_ws('|', id, title, author, year, created_by, cover_sha256), ' ' order by id))
      from books where author <> 'A drill'`
/** Columns, indexes and migrations that the drill has added. */
const added = ({ sql }: Tools) =>
  sql`select (select count(*) from pg_attribute where attrelid = 'books'::regclass and attname = 'notes')
      || ' ' || (select count(*) from pg_indexes where indexname = 'books_author')
      || ' ' || (select count(*) from migrations where name ~ '^2030')`

async function takeBack(scene: Stage): Promise<void> {
  nameImage(scene)
  await scene.exec(
    'db',
    'psql',
    '-Xqd',
    'app',
    '-v',
    'ON_ERROR_STOP=1',
    '-c',
    "set client_min_messages = error; drop index if exists books_author; alter table books drop column if exists notes; delete from migrations where name ~ '^2030'",
  )
}

/** The environment names the version that the migrations come with. */
async function release(scene: Stage, name: string, migrations: Record<string, string>): Promise<void> {
  await takeBack(scene)
  const lines = Object.entries(migrations).map(([file, text]) => migrationFile(file, text))
  nameImage(scene, await build(scene, name, lines))
  scene.notes.shelf = await shelf(scene)
}

const serve = (scene: Stage) =>
  startWriting(scene).then((author) => {
    users.set(scene.stack.name, { author, load: startReading(scene) })
  })

/** Nobody has noticed anything, the rows are what they were, and the schema is what was wanted. */
async function check(scene: Stage, wanted: string): Promise<void> {
  const { author, load } = users.get(scene.stack.name) ?? {}
  await load?.stop()
  const refused = await author?.stop()
  if (refused !== 0) throw new Error(`${refused} books were not accepted.`)
  if ((await shelf(scene)) !== scene.notes.shelf) throw new Error('The books are not what they were.')
  const found = await added(scene)
  if (found !== wanted) throw new Error(`Columns, indexes, migrations: found ${found}, expected ${wanted}.`)
}

/** The stack's own version again, and no image left. */
async function end(scene: Stage): Promise<void> {
  const image = scene.stack.env.APP_IMAGE
  await takeBack(scene)
  if (image) await execa('docker', ['image', 'rm', '--force', image])
}

/** As in production, where two people are wanted. */
const asKind = ({ exec }: Tools, kind: string) =>
  exec('toolbox', 'sh', '-c', 'echo "$0" >/var/lib/drillbook/kind', kind)

drill('migrate', {
  scenario: 'A new version wants a column and an index, while users read and write',
  prepare: (scene) => release(scene, 'next', { ...expansion, ...contraction }),
  disaster: serve,
  sameTables: false,
  limits: { rto: 0, rpo: 0 },
  // The column; the index; and the contracting migration waits.
  async verify(scene) {
    await check(scene, '1 1 1')
    await end(scene)
  },
  mutants: true,
})

drill('migrate', {
  scenario: 'What the version before needed is taken away, as two people agree',
  async prepare(scene) {
    await release(scene, 'after', { ...expansion, ...contraction })
    await scene.run('migrate', 'migrate', 'expand')
    await asKind(scene, 'production')
  },
  disaster: serve,
  params: () => ({ WHAT: 'contract', AGREED_BY: 'Ada' }),
  sameTables: false,
  limits: { rto: 0, rpo: 0 },
  async verify(scene) {
    await asKind(scene, 'sandbox')
    await check(scene, '0 1 2')
    await end(scene)
  },
})

drill('migrate', {
  scenario: 'The newest migration was a mistake, and is taken back',
  async prepare(scene) {
    await release(scene, 'back', expansion)
    await scene.run('migrate', 'migrate', 'expand')
  },
  disaster: serve,
  params: () => ({ WHAT: 'undo' }),
  sameTables: false,
  limits: { rto: 0, rpo: 0 },
  async verify(scene) {
    await check(scene, '0 0 0')
    await end(scene)
  },
})

/** The lock is never had. Writers are let pass all the same. */
twin('migrate', {
  twin: 'A report holds the table for minutes',
  async break(scene) {
    await release(scene, 'blocked', expansion)
    const report = 'begin; select count(*) from books; select pg_sleep(150)'
    await scene.exec('toolbox', 'bash', '-c', `(psql -Xq -c '${report}' >/dev/null 2>&1 &); sleep 2`)
    await serve(scene)
  },
  async mend(scene) {
    await scene.sql`select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(150)%' and pid <> pg_backend_pid()`
    await check(scene, '0 0 0')
    await end(scene)
  },
  message: /lock timeout/,
})

twin('migrate', {
  twin: 'A statement is wrong',
  break: (scene) => release(scene, 'wrong', mistake),
  mend: end,
  message: /relation "boks" does not exist/,
  mutants: true,
})

twin('migrate', {
  twin: 'It is production, and nobody else has agreed',
  async break(scene) {
    await release(scene, 'alone', expansion)
    await scene.run('migrate', 'migrate', 'expand')
    await asKind(scene, 'production')
  },
  async mend(scene) {
    await asKind(scene, 'sandbox')
    await end(scene)
  },
  params: () => ({ WHAT: 'undo' }),
  message: /Nobody is named who has read the statements/,
  mutants: true,
})

mayLack('migrate', { command: 'select now()', why: 'It tells the moment to a person.' })
mayLack('migrate', {
  command: 'archive-now',
  why: 'Without it a restore to that moment would find its log a minute later.',
})
mayLack('migrate', { command: 'order by id desc', why: 'It tells a person what has run.' })
