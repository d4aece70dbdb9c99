/** What a run leaves when it is killed, and how it goes on. */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { birth } from '../../src/run/birth.ts'
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
/** Plays `try`, killed in its second step; the command ends a little later. The run's id. */
async function killedInTwo(p: Project): Promise<string> {
  const { child, result } = p.start(['try', '--on', 'production'])
  await until(() => p.exists('pid'))
  p.write('ready', '')
  child.kill('SIGKILL')
  await result
  await until(() => isGone(Number(p.read('pid'))))
  return p.runs()[0] ?? ''
}

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
  await killedInTwo(p)
  expect((await p.run(['resume', '--step', 'done'])).exit).toBe(0)
  expect(counts(p)).toEqual([1, 1, 1])
  expect(outline(p.journal())).toContain('step-skip two')
})

test('the machine started again: others have the numbers of the runner and of its command now', async () => {
  using p = prepare()
  const run = await killedInTwo(p)
  const other = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
  const number = other.pid ?? 0
  try {
    const numbered = (born = '') =>
      p
        .journal()
        .map((each) => ('pid' in each ? { ...each, pid: number, ...(born && { born }) } : each))
        .map((each) => `${JSON.stringify(each)}\n`)
        .join('')
    const write = (journal: string) => {
      for (const folder of ['.drillbook', 'target']) p.write(`${folder}/runs/${run}.jsonl`, journal)
    }
    const [taken, alive] = [numbered(), numbered(birth(number))]
    write(alive)
    expect((await p.run(['resume', run])).stderr).toContain('still going on here')
    write(taken)
    const asked = await p.run(['resume', run])
    expect(asked.stderr).toContain('--step again')
    expect(asked.stdout).not.toContain('still running here')
    expect((await p.run(['resume', run, '--step', 'again'])).exit).toBe(0)
    expect(counts(p)).toEqual([1, 2, 1])
  } finally {
    other.kill('SIGKILL')
  }
})

test('kill -9: a colleague goes on from another machine, by the journal on the target', async () => {
  using p = prepare()
  const run = await killedInTwo(p)
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
  await killedInTwo(p)
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

/** Lets go of its output and does not listen: the command ends, and what it started goes on. */
const stray = `bash -c "trap '' TERM INT; echo \\$\\$ >stray; while :; do sleep 0.1; done" >/dev/null 2>&1 &
sleep 0.3; echo $$ >pid; while [ ! -e ready ]; do sleep 0.1; done`

test('what outlives a command that Ctrl-C ended is killed by the second one', async () => {
  using p = project({ try: source("await step('One', () => $`bash stray.sh`)") })
  p.write('stray.sh', stray)
  const { child, result } = p.start(['try', '--on', 'production'])
  await until(() => p.exists('pid') && p.exists('stray'))
  const left = Number(p.read('stray'))
  child.kill('SIGINT')
  await until(() => isGone(Number(p.read('pid'))))
  expect(isGone(left)).toBe(false)
  child.kill('SIGINT')
  expect((await result).exit).toBe(130)
  expect(isGone(left)).toBe(true)
})

test('what outlives a command whose time was over is killed, too', { timeout: 90_000 }, async () => {
  using p = project({ try: source("await step('One', () => $`bash stray.sh`, { timeout: '2s' })") })
  p.write('stray.sh', stray)
  const { exit, stdout } = await p.run(['try', '--on', 'production'])
  expect(exit).toBe(1)
  expect(stdout).toContain('  reason   It took longer than 2s and was stopped.\n')
  expect(isGone(Number(p.read('stray')))).toBe(true)
})

describe('kill -9 while going back', () => {
  const steps = (head: string) =>
    source(
      `
await step('One', () => $\`touch one\`, { undo: () => $\`bash undo.sh one\` })

await step('Two', () => $\`touch two\`, { undo: () => $\`bash undo.sh two\` })

await step('Three', () => $\`touch three\`, { undo: () => $\`bash undo.sh three\` })

await step('Four', () => $\`false\`)
`,
      head,
    )
  /** Counts how often each undo was run; that of the second step waits until it may end. */
  const undo = `echo x >>undo-$1; rm -f $1
if [ $1 = two ]; then echo $$ >pid; while [ ! -e ready ]; do sleep 0.05; done; fi
`
  const undos = (p: Project) =>
    ['one', 'two', 'three'].map((step) => (p.exists(`undo-${step}`) ? p.read(`undo-${step}`).length / 2 : 0))

  /** Killed in the undo of the second step, by itself or asked for. */
  async function killed(head: string): Promise<Project & { id: string }> {
    const p = project({ try: steps(head) })
    p.write('undo.sh', undo)
    let { child, result } = p.start(['try', '--on', 'production'])
    if (head === '{}') {
      await result
      ;({ child, result } = p.start(['undo', p.runs()[0] ?? '']))
    }
    await until(() => p.exists('pid'))
    child.kill('SIGKILL')
    await result
    return Object.assign(p, { id: p.runs()[0] ?? '' })
  }

  test.each(['{}', "{ onFailure: 'undo' }"])(
    'it goes on going back, and asks what to do (%s)',
    async (head) => {
      using p = await killed(head)
      const { id: run } = p
      const beside = await p.run(['undo', run])
      expect(beside).toMatchObject({
        exit: 3,
        stderr: expect.stringContaining('It is still running here, as process group'),
      })
      p.write('ready', '')
      await until(() => isGone(Number(p.read('pid'))))

      // There is no way forward from here, and the newest run is not passed over.
      expect(await p.run(['resume'])).toMatchObject({
        exit: 3,
        stderr: expect.stringContaining(`pnpm runbook undo ${run}   goes on going back`),
      })
      const untold = await p.run(['undo', run])
      expect(untold.exit).toBe(3)
      expect(untold.stdout).toContain(
        'while going back over “Two”, while this was running:\n  bash undo.sh two\n',
      )
      expect(untold.stderr).toContain(`pnpm runbook undo ${run} --step again   runs the undo again`)
      expect(undos(p)).toEqual([0, 1, 1])

      expect((await p.run(['undo', run, '--step', 'again'])).exit).toBe(0)
      expect(undos(p)).toEqual([1, 2, 1])
      expect(p.journal().at(-1)).toMatchObject({ event: 'run-end', result: 'undone' })
      expect(p.exists('target/lock')).toBe(false)
      expect(p.read(`target/runs/${run}.jsonl`)).toBe(p.read(`.drillbook/runs/${run}.jsonl`))
      expect((await p.run(['undo', run])).stderr).toContain('has nothing to go back over')
    },
  )

  test('what was going on can be counted as undone', async () => {
    using p = await killed("{ onFailure: 'undo' }")
    p.write('ready', '')
    await until(() => isGone(Number(p.read('pid'))))
    expect((await p.run(['undo', p.id, '--step', 'done'])).exit).toBe(0)
    expect(undos(p)).toEqual([1, 1, 1])
    expect(p.journal()).toContainEqual(expect.objectContaining({ event: 'undo-step-end', marked: true }))
    expect((await p.run(['report', p.id])).stdout).toContain('marked as done by the operator')
  })

  test('it goes on from another machine', async () => {
    using p = await killed("{ onFailure: 'undo' }")
    p.write('ready', '')
    await until(() => isGone(Number(p.read('pid'))))
    rmSync(join(p.root, '.drillbook'), { recursive: true })
    const { exit } = await p.run(['undo', p.id, '--on', 'production', '--step', 'again'])
    expect(exit).toBe(0)
    expect(undos(p)).toEqual([1, 2, 1])
  })
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
