import { type Load, startReading } from './readers.ts'
import { drill, type Tools, twin } from './stack.ts'

const loads = new Map<string, Load>()

/** Which file each index is in: a rebuilt one is in another. */
const files = ({ sql }: Tools) =>
  sql`select string_agg(indexrelid::regclass || ' ' || pg_relation_filenode(indexrelid), ',' order by 1)
      from pg_stat_user_indexes where schemaname = 'public'`
const indexBytes = ({ sql }: Tools) =>
  sql`select sum(pg_relation_size(indexrelid)) from pg_stat_user_indexes where schemaname = 'public'`
const invalid = ({ sql }: Tools) =>
  sql`select coalesce(string_agg(indexrelid::regclass::text, ' '), '') from pg_index where not indisvalid`

drill('maintenance', {
  scenario: 'Indexes and statistics are rebuilt while users read and write',
  async prepare(scene) {
    const { sql, notes } = scene
    // Every row moves and moves back: in the end nothing has changed but the size.
    for (let round = 0; round < 4; round++)
      for (const by of ['1 s', '-1 s']) await sql`update books set created_at = created_at + interval '${by}'`
    await sql`create schema restored_20200101_000000`
    await sql`create table restored_20200101_000000.books as select * from books`
    notes.files = await files(scene)
    notes.bytes = await indexBytes(scene)
  },
  async disaster(scene) {
    loads.set(scene.stack.name, startReading(scene))
  },
  limits: { rto: 0, rpo: 0 },
  async verify(scene) {
    const { sql, notes, ledger, stack } = scene
    await loads.get(stack.name)?.stop()
    // The last of each writer may have been under way when the ledger was stopped.
    const refused = ledger.entries.slice(0, -4).filter(({ acknowledged }) => !acknowledged)
    if (refused.length > 0) throw new Error(`${refused.length} writes failed.`)
    const had = (notes.files ?? '').split(',')
    const same = (await files(scene)).split(',').filter((file) => had.includes(file))
    if (same.length > 0) throw new Error(`Not rebuilt: ${same.join(', ')}`)
    if (Number(await indexBytes(scene)) >= Number(notes.bytes))
      throw new Error('The indexes are as large as before.')
    const broken = await invalid(scene)
    if (broken) throw new Error(`Invalid: ${broken}`)
    // Not that no row is dead: a transaction that was open then may have kept some.
    const fresh =
      await sql`select least(last_vacuum, last_analyze) > '${scene.before}' from pg_stat_user_tables where relid = 'books'::regclass`
    if (fresh !== 't') throw new Error('The table books was not cleaned up and analysed.')
  },
  mutants: true,
})

twin('maintenance', {
  twin: 'The table is spelled wrongly',
  async break() {},
  async mend() {},
  params: () => ({ TABLE: 'boks' }),
  message: /There is no table «boks»/,
})

/** Somebody has left a session open with a snapshot of the data. */
twin('maintenance', {
  twin: 'A report has been running for long',
  async break({ exec }) {
    const report = 'begin isolation level repeatable read; select pg_sleep(120) from operations.environment'
    await exec('toolbox', 'bash', '-c', `(psql -Xq -c '${report}' >/dev/null 2>&1 &); sleep 2`)
  },
  async mend(scene) {
    const broken = await invalid(scene)
    if (broken) throw new Error(`Left behind: ${broken}`)
    await scene.sql`select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(120)%' and pid <> pg_backend_pid()`
  },
  params: () => ({ TABLE: 'books' }),
  message: /an older transaction did not end/,
})
