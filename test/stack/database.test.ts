import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { project } from './project.ts'

/** When the database starts, and when it refuses to. */
let stack: Awaited<ReturnType<typeof project>>
beforeAll(async () => {
  stack = await project()
  await stack.up('scheduler', 'toolbox')
})
afterAll(() => stack[Symbol.asyncDispose]())

const refusal = async () => {
  const { code } = await stack.compose('up', '--detach', '--wait', '--no-deps', 'db')
  const log = await stack.logs('db')
  return { started: code === 0, log: log.match(/db-serve: (?!Create the cluster).*/g)?.at(-1) }
}

test('a first start ends with a full backup, a heartbeat, and the name and kind of the environment', async () => {
  const info = JSON.parse(await stack.exec('db', 'pgbackrest', 'info', '--output=json'))
  expect(info[0].backup[0]).toMatchObject({ type: 'full', error: false })
  expect(info[0].cipher).toBe('aes-256-cbc')
  expect(await stack.sql("select at > now() - interval '15 s' from operations.heartbeat", 'app')).toBe('t')
  expect(await stack.sql('select name, kind from operations.environment', 'app')).toBe(
    `${stack.name}|production`,
  )
  expect(await stack.sql('show data_checksums')).toBe('on')
})

test('the toolbox reaches the database and can read the repository, not write it', async () => {
  expect(await stack.exec('toolbox', 'psql', '-XAtc', 'select current_user')).toBe('operator')
  expect(await stack.exec('toolbox', 'pgbackrest', 'info')).toContain('status: ok')
  const remove = ['pgbackrest', 'repo-rm', '/pgbackrest/backup/main/backup.info']
  const { code, out, err } = await stack.compose('exec', '-T', 'toolbox', ...remove)
  expect(code, err).not.toBe(0)
  expect(out + err).toContain('403 (Forbidden)')
  expect(await stack.exec('toolbox', 'pgbackrest', 'info')).toContain('full backup')
})

test('what the repository holds is told, and not being told is no answer', async () => {
  const ask = (...entries: string[]) => {
    const environment = entries.flatMap((entry) => ['-e', entry])
    return stack.compose('exec', '-T', ...environment, 'toolbox', 'repository-info')
  }
  const told = await ask()
  expect(JSON.parse(told.out)[0].backup).toHaveLength(1)
  const other = await ask('PGBACKREST_STANZA=other')
  expect(other.code, 'a repository without a backup of it').toBe(0)
  expect(JSON.parse(other.out)[0].backup).toEqual([])
  for (const [entry, reason] of [
    ['PGBACKREST_REPO1_S3_KEY_SECRET=wrong', 'HTTP request failed with 403 (Forbidden)'],
    ['PGBACKREST_REPO1_S3_BUCKET=nowhere', 'HTTP request failed with 404 (Not Found)'],
    ['PGBACKREST_REPO1_S3_ENDPOINT=nowhere', "unable to get address for 'nowhere'"],
    ['PGBACKREST_REPO1_CIPHER_PASS=wrong', 'unable to load info file'],
  ] as const) {
    const { code, out, err } = await ask(entry, 'PGBACKREST_IO_TIMEOUT=4')
    expect([code, out], entry).toEqual([1, ''])
    expect(err).toContain(`The backup repository cannot be read, so it is not known what it holds: `)
    expect(err).toContain(reason)
  }
})

test('the scheduler’s role can write its heartbeat and nothing else', async () => {
  const asScheduler = (query: string) =>
    stack.compose('exec', '-T', 'scheduler', 'psql', '-XAtd', 'app', '-c', query)
  expect((await asScheduler('update operations.heartbeat set at = now()')).out).toBe('UPDATE 1')
  expect((await asScheduler('delete from operations.heartbeat')).err).toContain('permission denied')
  expect((await asScheduler('create table stray ()')).err).toContain('permission denied')
})

test('a command for the server reaches its container, whatever an operator who is gone has left running', async () => {
  const serving = await stack.must('ps', '--quiet', 'db')
  const left = ['run', '--rm', '--no-deps', '--detach', 'db-tools', 'sleep', '60']
  const name = (await stack.must(...left)).trim()
  for (let time = 0; time < 3; time++)
    expect(serving).toContain(await stack.exec('db', 'hostname').then((host) => host.trim()))
  await execa('docker', ['kill', name])
})

test('a dump on trial is replaced by the next one; one that has passed stays', async () => {
  const take = (...more: string[]) => stack.exec('toolbox', 'export-dump', ...more, 'store:backups/trial')
  const files = async () =>
    (await stack.exec('toolbox', 'rclone', 'lsf', 'store:backups/trial')).split('\n').filter(Boolean)
  const name = (address: string) => address.trim().replace('store:backups/trial/', '')
  const first = await take('--on-trial')
  const second = await take('--on-trial')
  expect(second).not.toBe(first)
  expect(await files()).toEqual([name(second), name(second).replace('.dump.age', '.json')])
  await stack.exec('toolbox', 'export-dump', '--passed', second.trim())
  const [scheduled, third] = [await take(), await take('--on-trial')]
  const dumps = (await files()).filter((file) => file.endsWith('.age'))
  expect(dumps).toEqual([second, scheduled, third].map(name).sort())
  await stack.exec('toolbox', 'export-dump', '--remove', third.trim())
  expect((await files()).filter((file) => file.endsWith('.age'))).toEqual(
    [second, scheduled].map(name).sort(),
  )
})

test('nothing is backed up while somebody holds the lock', async () => {
  const count = async () =>
    JSON.parse(await stack.exec('db', 'pgbackrest', 'info', '--output=json'))[0].backup.length
  const run = ['--run', 'run-1']
  const guard = (command: string, ...more: string[]) =>
    stack.exec('toolbox', 'guard', command, ...run, ...more)
  await guard('take', '--environment', stack.name, '--runbook', 'restore', '--who', 'test')
  const before = await count()
  // A clock a month ahead: everything is due.
  const later = ['backup-due', '+31 days']
  await stack.exec('scheduler', ...later)
  expect(await count()).toBe(before)
  await guard('release')
  await stack.exec('scheduler', ...later)
  expect(await count()).toBeGreaterThan(before)
})

test('a restart keeps the data, and generates no secret anew', async () => {
  await stack.sql('create table kept as select 42 as answer', 'app')
  const secret = await stack.run('toolbox', 'sha256sum', '/run/secrets/toolbox/pgpass')
  await stack.must('stop', 'db', 'scheduler')
  await stack.up('scheduler')
  expect(await stack.sql('select answer from kept', 'app')).toBe('42')
  expect(await stack.run('toolbox', 'sha256sum', '/run/secrets/toolbox/pgpass')).toBe(secret)
})

test('a directory that is gone is not replaced by an empty database', async () => {
  await stack.must('stop', 'db')
  await stack.run('db', 'mv', 'main', 'hidden')
  expect(await refusal()).toEqual({
    started: false,
    log: 'db-serve: The data directory is missing. Nothing was changed. Restore it: pnpm runbook restore',
  })
  await stack.must('stop', 'db')
  await stack.run('db', 'mv', 'hidden', 'main')
  await stack.up('scheduler')
  expect(await stack.sql('select answer from kept', 'app')).toBe('42')
})

test('a new volume is not filled with an empty database while the repository holds backups', async () => {
  await stack.must('rm', '--force', '--stop', 'db', 'scheduler')
  await stack.run('db', 'bash', '-c', 'rm -rf /var/lib/postgresql/*')
  expect(await refusal()).toEqual({
    started: false,
    log: 'db-serve: This volume is new, but the repository holds backups of this database. Nothing was changed. Restore it: pnpm runbook restore',
  })
  expect(await stack.run('db', 'bash', '-c', 'ls -A')).not.toContain('main')
})

test('nor while the repository does not say whether it holds any', async () => {
  await stack.must('rm', '--force', '--stop', 'db')
  const refused = ['-e', 'PGBACKREST_REPO1_S3_KEY_SECRET=wrong', 'db']
  const { code, err } = await stack.compose('run', '--rm', '--no-deps', '-T', ...refused)
  expect(code).not.toBe(0)
  expect(err).toContain(
    'db-serve: The backup repository cannot be read, so it is not known what it holds: [ProtocolError] HTTP request failed with 403 (Forbidden). Nothing was changed.',
  )
  expect(await stack.run('db', 'bash', '-c', 'ls -A')).not.toContain('main')
})
