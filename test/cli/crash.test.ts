/** What a run leaves when it is killed, and how it goes on. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isGone, outline, type Project, project, source, until } from './project.ts'

const slow = source(`
await step('One', () => $\`bash count.sh one\`)

await step('Two', () => $\`bash count.sh two\`)

await step('Three', () => $\`bash count.sh three\`)
`)
/** Counts how often each step was run; the second waits until it may end. */
const count = `echo x >>count-$1
if [ $1 = two ]; then echo $$ >pid; trap 'echo "got INT" >>trapped; exit 7' INT; while [ ! -e ready ]; do sleep 0.05; done; fi
`

function prepare(): Project {
  const p = project({ try: slow })
  p.write('count.sh', count)
  return p
}

const counts = (p: Project) =>
  ['one', 'two', 'three'].map((step) => (p.exists(`count-${step}`) ? p.read(`count-${step}`).length / 2 : 0))
test('kill -9: the journal says what was running; nothing goes on beside it, nor without being told how', async () => {
  using p = prepare()
  const { child, result } = p.start(['try', '--on', 'production'])
  await until(() => p.exists('pid'))
  child.kill('SIGKILL')
  await result
  const [run = ''] = p.runs()
  expect(outline(p.journal())).toEqual(['run-start', 'step-start one', 'step-end one done', 'step-start two'])
  expect(p.read('target/lock')).toBe(`${run}\n`)

  const beside = await p.run(['resume', run])
  expect(beside.exit).toBe(3)
  expect(beside.stderr).toContain('It is still running here, as process group')
  // Another run is refused: the lock outlived its holder.
  expect(await p.run(['try', '--on', 'production'])).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining(run),
  })

  p.write('ready', '')
  await until(() => isGone(Number(p.read('pid'))))
  const untold = await p.run(['resume', run])
  expect(untold.exit).toBe(3)
  expect(untold.stdout).toContain('bash count.sh two')
  expect(untold.stderr).toContain(`pnpm runbook resume ${run} --step again`)
  expect(counts(p)).toEqual([1, 1, 0])

  expect((await p.run(['resume', run, '--step', 'again'])).exit).toBe(0)
  expect(counts(p)).toEqual([1, 2, 1])
  expect(p.exists('target/lock')).toBe(false)
})

test('kill -9: the step can be marked as done', async () => {
  using p = prepare()
  const { child, result } = p.start(['try', '--on', 'production'])
  await until(() => p.exists('pid'))
  p.write('ready', '')
  child.kill('SIGKILL')
  await result
  await until(() => isGone(Number(p.read('pid'))))
  expect((await p.run(['resume', '--step', 'done'])).exit).toBe(0)
  expect(counts(p)).toEqual([1, 1, 1])
  expect(outline(p.journal())).toContain('step-skip two')
})

test('kill -9: a colleague goes on from another machine, by the journal on the target', async () => {
  using p = prepare()
  const { child, result } = p.start(['try', '--on', 'production'])
  await until(() => p.exists('pid'))
  p.write('ready', '')
  child.kill('SIGKILL')
  await result
  const [run = ''] = p.runs()
  await until(() => isGone(Number(p.read('pid'))))
  rmSync(join(p.root, '.drillbook'), { recursive: true })
  expect((await p.run(['resume'])).exit).toBe(2)
  expect((await p.run(['resume', '--on', 'production', '--step', 'again'])).exit).toBe(0)
  expect(counts(p)).toEqual([1, 2, 1])
  expect(p.read(`target/runs/${run}.jsonl`)).toBe(p.read(`.drillbook/runs/${run}.jsonl`))
})

test('an unless decides for itself what to do with the step in which the run died', async () => {
  using p = project({
    try: source(
      "await step('Two', () => $`bash count.sh two`, { unless: () => $`test -e ready`, undo: () => $`rm ready` })\n\nawait step('Three', () => $`test -e go`)",
    ),
  })
  p.write('count.sh', count)
  const { child, result } = p.start(['try', '--on', 'production'])
  await until(() => p.exists('pid'))
  p.write('ready', '')
  child.kill('SIGKILL')
  await result
  await until(() => isGone(Number(p.read('pid'))))
  expect((await p.run(['resume'])).exit).toBe(1)
  expect(p.read('count-two')).toBe('x\n')
  // It happened in this run, so it is this run's to undo.
  expect((await p.run(['undo', p.runs()[0] ?? ''])).exit).toBe(0)
  expect(p.exists('ready')).toBe(false)
})

test('a run whose runbook has changed does not go on, and says what changed', async () => {
  using p = prepare()
  p.write('count.sh', 'test $1 = one')
  expect((await p.run(['try', '--on', 'production'])).exit).toBe(1)
  p.write(
    'runbooks/try.ts',
    slow.replace('bash count.sh three', 'bash count.sh 3').replace("'Two'", "'Second'"),
  )
  const { exit, stderr } = await p.run(['resume'])
  expect({ exit, stderr }).toEqual({ exit: 3, stderr: expect.stringContaining('- Two') })
  expect(stderr).toContain('  - Two\n  + Second\n  ~ Three: what it does\n')
})

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s reaches the command, waits for its end, and leaves nothing locked',
  async (signal) => {
    using p = prepare()
    const { child, result } = p.start(['try', '--on', 'production'])
    await until(() => p.exists('pid'))
    child.kill(signal)
    const { exit, stdout } = await result
    expect(exit).toBe(130)
    expect(stdout).toContain('pnpm runbook resume')
    if (signal === 'SIGINT') expect(p.read('trapped')).toBe('got INT\n')
    await until(() => isGone(Number(p.read('pid'))))
    expect(outline(p.journal()).slice(-2)).toEqual(['step-end two interrupted', 'run-end interrupted'])
    expect(p.exists('target/lock')).toBe(false)
    // What was interrupted in order is known to have ended: it goes on without a question.
    p.write('ready', '')
    expect((await p.run(['resume'])).exit).toBe(0)
    expect(counts(p)).toEqual([1, 2, 1])
  },
)

test('a second Ctrl-C kills a command that does not listen, and all that it started', async () => {
  using p = project({ try: source("await step('One', () => $`bash deaf.sh`)") })
  p.write(
    'deaf.sh',
    `trap '' INT TERM; sleep 567 & echo $! >child; echo $$ >pid; while :; do sleep 0.1; done`,
  )
  const { child, result } = p.start(['try', '--on', 'production'])
  await until(() => p.exists('pid'))
  child.kill('SIGINT')
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(isGone(Number(p.read('pid')))).toBe(false)
  child.kill('SIGINT')
  expect((await result).exit).toBe(130)
  await until(() => isGone(Number(p.read('pid'))))
  await until(() => isGone(Number(p.read('child'))))
})

test('Ctrl-C ends a retry at once, and is not taken for an answer', async () => {
  using p = project({
    try: source(`
await step('Wait', async () => {
  await retry(600, '1m', () => $\`bash fail.sh\`)
})

await step('Then', () => $\`touch then\`)
`),
  })
  p.write('fail.sh', 'touch tried; false')
  const { child, result } = p.start(['try', '--on', 'production'])
  await until(() => p.exists('tried'))
  await new Promise((resolve) => setTimeout(resolve, 300))
  child.kill('SIGINT')
  expect((await result).exit).toBe(130)
  expect(p.exists('then')).toBe(false)
})
