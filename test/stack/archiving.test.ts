import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, project } from './project.ts'

/** What happens to a running database when its log cannot be archived – and when it can. */
let stack: Awaited<ReturnType<typeof project>>
beforeAll(async () => {
  stack = await project()
  await stack.up('scheduler')
})
afterAll(() => stack[Symbol.asyncDispose]())

/** When the oldest of PostgreSQL's own processes began: it changes when the server restarts everything. */
const began = () =>
  stack.sql("select backend_start from pg_stat_activity where backend_type = 'checkpointer'")
const archived = () => stack.sql('select last_archived_wal from pg_stat_archiver')
/** Names of segments sort as the log does. */
const reaches = async (segment: string) =>
  (await eventually(75, archived, (last) => last >= segment)) >= segment
const failures = async () => Number(await stack.sql('select failed_count from pg_stat_archiver'))
const newSegment = async () => {
  const segment = await stack.sql('select pg_walfile_name(pg_current_wal_lsn())')
  await stack.sql('select pg_current_xact_id(); select pg_switch_wal()')
  return segment
}
const wrongKey = (init: boolean) => `services:
  db:
    init: ${init}
    environment:
      PGBACKREST_REPO1_S3_KEY_SECRET: wrong
`

test('an idle database closes and archives its log within 75 s, also just after a start', async () => {
  await stack.must('restart', 'db')
  await stack.up('db')
  const segment = await stack.sql('select pg_walfile_name(pg_current_wal_lsn())')
  expect(await reaches(segment)).toBe(true)
})

test('a store that refuses does not touch the server: no session ends, nothing is lost', async () => {
  await stack.override(wrongKey(true))
  await stack.must('up', '--detach', '--wait', '--no-deps', 'db')
  const before = await began()
  const segment = await newSegment()
  // A session that lives through several failures of the archiving process.
  expect(await stack.sql("select pg_sleep(26); select 'alive'")).toContain('alive')
  expect(await failures()).toBeGreaterThan(0)
  expect(await began()).toBe(before)
  expect(await stack.logs('db')).not.toContain('terminating any other active server processes')

  await stack.override()
  await stack.must('up', '--detach', '--wait', '--no-deps', 'db')
  expect(await reaches(segment)).toBe(true)
})

test('without `init: true` the same failure restarts the whole server', async () => {
  await stack.override(wrongKey(false))
  await stack.must('up', '--detach', '--wait', '--no-deps', 'db')
  await newSegment()
  const crashed = (log: string) => log.includes('terminating any other active server processes')
  expect(crashed(await eventually(25, () => stack.logs('db'), crashed))).toBe(true)
})
