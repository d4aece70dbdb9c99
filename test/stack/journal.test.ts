import { afterAll, beforeAll, expect, test } from 'vitest'
import { toolbox } from './containers.ts'

let box: Awaited<ReturnType<typeof toolbox>>
beforeAll(async () => {
  box = await toolbox('journal-test')
})
afterAll(() => box?.[Symbol.asyncDispose]())

const file = (run: string) => `/var/lib/drillbook/runs/${run}.jsonl`

test('every line is acknowledged and read back', async () => {
  const lines = ['{"event":"run-start"}', '{"event":"command-end","output":"ä\\n"}']
  const appended = await box.feed(`${lines.join('\n')}\n`, 'journal-append', 'r1')
  expect(appended.out).toBe('ok 1\nok 2')
  expect((await box.exec('journal-read', 'r1')).out).toBe(lines.join('\n'))
})

test('lines are added to those of an earlier connection', async () => {
  await box.feed('{"n":1}\n', 'journal-append', 'r2')
  await box.feed('{"n":2}\n', 'journal-append', 'r2')
  expect((await box.exec('journal-read', 'r2')).out).toBe('{"n":1}\n{"n":2}')
})

test('a torn line is neither read nor joined to the next', async () => {
  await box.feed('{"n":1}\n', 'journal-append', 'r3')
  await box.exec('sh', '-c', `printf '{"n":' >>${file('r3')}`)
  expect((await box.exec('journal-read', 'r3')).out).toBe('{"n":1}')
  await box.feed('{"n":2}\n', 'journal-append', 'r3')
  expect((await box.exec('journal-read', 'r3')).out).toBe('{"n":1}\n{"n":2}')
})

test('a file that is one torn line counts as empty', async () => {
  await box.exec('sh', '-c', `printf '{"n":' >${file('r4')}`)
  expect((await box.exec('journal-read', 'r4')).out).toBe('')
  await box.feed('{"n":1}\n', 'journal-append', 'r4')
  expect((await box.exec('journal-read', 'r4')).out).toBe('{"n":1}')
})

test('an input that ends inside a line loses that line only', async () => {
  const appended = await box.feed('{"n":1}\n{"n":', 'journal-append', 'r5')
  expect(appended).toMatchObject({ code: 0, out: 'ok 1' })
  expect((await box.exec('journal-read', 'r5')).out).toBe('{"n":1}')
})

test('what is not a JSON object stops it', async () => {
  const appended = await box.feed('{"n":1}\nhello\n{"n":3}\n', 'journal-append', 'r6')
  expect(appended).toMatchObject({ code: 65, out: 'ok 1' })
  expect(appended.err).toContain('line 2 is not a JSON object')
  expect((await box.exec('journal-read', 'r6')).out).toBe('{"n":1}')
})

test('two writers at once tear no line', async () => {
  const script = `for w in 1 2 3 4; do
    { for n in $(seq 100); do echo "{\\"w\\":$w,\\"n\\":$n,\\"pad\\":\\"$(printf %0900d 0)\\"}"; done |
      journal-append r7 >/dev/null; } &
  done; wait`
  await box.exec('bash', '-c', script)
  const lines = (await box.exec('journal-read', 'r7')).out.split('\n').map((line) => JSON.parse(line))
  expect(lines).toHaveLength(400)
  for (const writer of [1, 2, 3, 4]) {
    const own = lines.filter(({ w }) => w === writer).map(({ n }) => n)
    expect(own).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
  }
})

test('a line costs less than three milliseconds', async () => {
  const script = `seq 500 | sed 's/.*/{"event":"command-end","n":&}/' >/tmp/lines
    start=$(date +%s%N); journal-append r8 </tmp/lines >/dev/null; echo $((($(date +%s%N) - start) / 500))`
  const nanoseconds = Number((await box.exec('bash', '-c', script)).out)
  expect(nanoseconds).toBeLessThan(3_000_000)
})

test('the runs are listed, newest first; an unknown one is said', async () => {
  await box.feed('{"n":1}\n', 'journal-append', '20261121T113000Z-restore-4f2a')
  await box.feed('{"n":1}\n', 'journal-append', '20261120T113000Z-restore-77aa')
  const listed = (await box.exec('journal-read', '--list')).out.split('\n')
  expect(listed.filter((run) => run.startsWith('2026'))).toEqual([
    '20261121T113000Z-restore-4f2a',
    '20261120T113000Z-restore-77aa',
  ])
  expect(await box.exec('journal-read', 'nothing')).toMatchObject({
    code: 1,
    err: 'journal-read: this engine has no journal of the run nothing',
  })
  expect((await box.exec('journal-read', '../environment')).code).toBe(2)
  expect((await box.feed('{}\n', 'journal-append', '../x')).code).toBe(2)
})
