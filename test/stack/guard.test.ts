import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { toolbox } from './containers.ts'

let box: Awaited<ReturnType<typeof toolbox>>
beforeAll(async () => {
  box = await toolbox('guard-test')
})
afterAll(() => box?.[Symbol.asyncDispose]())
beforeEach(() => box.exec('rm', '-f', '/var/lib/drillbook/lock'))

const take = (run: string, environment = 'guard-test', who = 'ada@laptop') =>
  box.exec('guard', 'take', '--environment', environment, '--run', run, '--runbook', 'restore', '--who', who)

test('a second run is refused and told who holds the environment, since when, and how to go on', async () => {
  expect((await take('20261121T113000Z-restore-4f2a')).code).toBe(0)
  const refused = await take('20261121T113100Z-restore-77aa', 'guard-test', 'bob@desk')
  expect(refused.code).toBe(3)
  const text = refused.err
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, '<time>')
    .replace(/\d+ seconds/, '<n> seconds')
  expect(text).toMatchInlineSnapshot(`
    "guard: Environment «guard-test» is in use. Nothing was changed.
      by       ada@laptop
      runbook  restore
      since    <time> (<n> seconds ago)
      run      20261121T113000Z-restore-4f2a
      
      Continue that run:         pnpm runbook resume 20261121T113000Z-restore-4f2a
      If its operator is gone:   pnpm runbook unlock --force"
  `)
})

test('a run that holds the lock may take it again', async () => {
  await take('r1')
  expect((await take('r1')).code).toBe(0)
})

test('of fifty that try at once, exactly one gets it', async () => {
  const script = `for i in $(seq 50); do
    { guard take --environment guard-test --run r-$i --runbook restore --who ada >/dev/null 2>&1; echo $?; } &
  done; wait`
  const codes = (await box.exec('bash', '-c', script)).out.split('\n')
  expect(codes.filter((code) => code === '0')).toHaveLength(1)
  expect(codes.filter((code) => code === '3')).toHaveLength(49)
})

test('a dozen that take and release again and again never hold it together', async () => {
  const script = `cd /tmp; rm -f inside clash; for i in $(seq 12); do
    { for n in 1 2 3; do
        guard take --environment guard-test --run r-$i --runbook restore --who ada 2>/dev/null || continue
        mkdir inside || touch clash
        rmdir inside
        guard release --run r-$i
      done; } &
  done; wait; [ ! -e clash ] && [ ! -e /var/lib/drillbook/lock ] && echo never`
  expect((await box.exec('bash', '-c', script)).out).toBe('never')
})

test('only the run that holds the lock releases it', async () => {
  await take('r1')
  await box.exec('guard', 'release', '--run', 'r2')
  expect((await box.exec('guard', 'show')).out).toContain('run      r1')
  expect((await box.exec('guard', 'release', '--run', 'r1')).code).toBe(0)
  expect((await box.exec('guard', 'show')).out).toBe('Nobody holds it.')
  expect((await box.exec('guard', 'release', '--run', 'r1')).code).toBe(0)
})

test('break removes the lock of the named run and refuses another one’s', async () => {
  await take('r1')
  const other = await box.exec('guard', 'break', '--run', 'r2')
  expect(other.code).toBe(3)
  expect(other.err).toContain('run      r1')
  expect((await box.exec('guard', 'break', '--run', 'r1')).code).toBe(0)
  expect((await take('r2')).code).toBe(0)
})

test('show --json tells the holder and the age', async () => {
  await take('r1')
  const shown = JSON.parse((await box.exec('guard', 'show', '--json')).out)
  expect(shown).toMatchObject({
    held: true,
    run: 'r1',
    runbook: 'restore',
    who: 'ada@laptop',
    environment: 'guard-test',
  })
  expect(shown.age).toBeLessThan(60)
  await box.exec('guard', 'release', '--run', 'r1')
  expect(JSON.parse((await box.exec('guard', 'show', '--json')).out)).toEqual({ held: false })
})

test('another environment’s name is refused, with both names, and nothing is taken', async () => {
  const refused = await take('r1', 'production')
  expect(refused.code).toBe(3)
  expect(refused.err).toMatchInlineSnapshot(`
    "guard: This is not the environment «production», it is «guard-test». Nothing was changed.
      The volume «state» says so. Look at DOCKER_HOST or DOCKER_CONTEXT in environments/production.env."
  `)
  expect((await box.exec('guard', 'show')).out).toBe('Nobody holds it.')
})

test('the kind of the environment is remembered from the first start; what has none is production', async () => {
  const kind = () => box.exec('cat', '/var/lib/drillbook/kind')
  expect((await kind()).out).toBe('production')
  await box.exec('sh', '-c', 'ENVIRONMENT_KIND=sandbox guard identify')
  expect((await kind()).out).toBe('production')
  const fresh = 'rm /var/lib/drillbook/kind; ENVIRONMENT_KIND=sandbox guard identify'
  expect((await box.exec('sh', '-c', fresh)).code).toBe(0)
  expect((await kind()).out).toBe('sandbox')
  expect((await box.exec('cat', '/var/lib/drillbook/environment')).out).toBe('guard-test')
})

test('a container that was started for another environment on the same volume is refused', async () => {
  const script = 'ENVIRONMENT=production guard check --environment guard-test'
  const refused = await box.exec('sh', '-c', script)
  expect(refused.code).toBe(3)
  expect(refused.err).toContain('it is «production»')
})

test('the database’s own name counts where it can be read', async () => {
  const script = `mkdir -p /tmp/bin; printf '#!/bin/sh\\necho production\\n' >/tmp/bin/psql; chmod +x /tmp/bin/psql
    PATH=/tmp/bin:$PATH guard check --environment guard-test`
  const refused = await box.exec('sh', '-c', script)
  expect(refused.code).toBe(3)
  expect(refused.err).toContain('The database says so')
})

test('a database that does not answer delays the guard by three seconds at most', async () => {
  const script = `mkdir -p /tmp/bin; printf '#!/bin/sh\\nexec sleep 60\\n' >/tmp/bin/psql; chmod +x /tmp/bin/psql
    PATH=/tmp/bin:$PATH guard check --environment guard-test`
  const started = Date.now()
  expect((await box.exec('sh', '-c', script)).code).toBe(0)
  expect(Date.now() - started).toBeLessThan(5000)
})

test('an operator’s name cannot forge lines of the refusal', async () => {
  await take('r1', 'guard-test', 'eve\nrun      r2\u001b[2J')
  expect((await take('r3')).err).toContain('by       eve run      r2 [2J\n')
})

test('a lock that cannot be read keeps everybody out and can be broken', async () => {
  await box.exec('sh', '-c', 'echo torn >/var/lib/drillbook/lock')
  expect((await take('r1')).err).toContain('run      unreadable')
  expect((await box.exec('guard', 'break', '--run', 'unreadable')).code).toBe(0)
})

test('what is missing or strange on the command line is said, exit 2', async () => {
  expect((await box.exec('guard')).code).toBe(2)
  expect((await box.exec('guard', 'take', '--run', 'r1')).err).toContain('take needs --environment')
  expect((await take('../r1')).err).toContain('not a run: «../r1»')
})

test('who took, released and broke it is kept', async () => {
  await box.exec('rm', '-f', '/var/lib/drillbook/guard.jsonl')
  await take('r1')
  await box.exec('guard', 'break', '--run', 'r1')
  const lines = (await box.exec('cat', '/var/lib/drillbook/guard.jsonl')).out
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.map(({ event, run }) => [event, run])).toEqual([
    ['taken', 'r1'],
    ['broken', 'r1'],
  ])
})
