import { describe, expect, test } from 'vitest'
import { isGone, outline, project, source, until } from './project.ts'

const three = source(`
await step('One', () => $\`touch one\`, { undo: () => $\`rm one\` })

const NAME = await step('Two', async () => (await $\`cat name\`).text())

await step('Three', () => $\`printf '%s\\\\n' \${NAME}\`)
`)

describe('a run', () => {
  test('plays every step in order, on the record here and on the target, and lets go of the lock', async () => {
    using p = project({ try: three })
    p.write('name', 'Ada\n')
    const { exit, stdout, stderr } = await p.run(['try', '--on', 'sandbox'])
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
    expect(stdout).toContain('│ Ada')
    expect(outline(p.journal())).toEqual([
      'run-start',
      ...['step-start one', 'step-end one done', 'step-start two', 'step-end two done'],
      ...['step-start three', 'step-end three done', 'run-end done'],
    ])
    const [run = ''] = p.runs()
    expect(run).toMatch(/^\d{8}T\d{6}Z-try-[0-9a-f]{4}$/)
    expect(p.read(`target/runs/${run}.jsonl`)).toBe(p.read(`.drillbook/runs/${run}.jsonl`))
    expect(p.exists('target/lock')).toBe(false)
  })

  test('with --json says the same on standard output, and nothing else', async () => {
    using p = project({ try: three })
    p.write('name', 'Ada\n')
    const { stdout } = await p.run(['try', '--on', 'sandbox', '--json'])
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events.filter(({ event }) => event !== 'output')).toEqual(p.journal())
    expect(events).toContainEqual({ event: 'output', step: 'three', text: 'Ada\n' })
  })

  test('that fails says what, in which state, and what to do; and goes on where it stopped', async () => {
    using p = project({ try: three })
    const failed = await p.run(['try', '--on', 'sandbox'])
    const [run = ''] = p.runs()
    expect(failed.exit).toBe(1)
    expect(
      failed.stdout
        .slice(failed.stdout.indexOf('✗'))
        .replaceAll(run, 'RUN')
        .replace(/[\d.]+ s\b/g, '0 s'),
    ).toMatchInlineSnapshot(`
      "✗ Try it: failed on sandbox after 0 s.

        step     Two (after 0 s)
        command  cat name
        exit     code 1
        │ cat: name: No such file or directory

      State: 1 of 3 steps are in effect, the last of them “One”. “Two” began and may
      be done in part. The lock is released.

      Next:
        pnpm runbook resume RUN
            goes on at “Two”
        pnpm runbook undo RUN
            goes back over “One”
        pnpm runbook show try two
            the page at this step
        pnpm runbook report RUN
            what happened, for the post-mortem

      Journal: .drillbook/runs/RUN.jsonl
      "
    `)
    expect(p.exists('target/lock')).toBe(false)

    p.write('name', 'Ada\n')
    const resumed = await p.run(['resume'])
    expect(resumed.exit).toBe(0)
    expect(outline(p.journal(run)).slice(5)).toEqual([
      'run-end failed',
      'run-resume',
      ...['step-start two', 'step-end two done', 'step-start three', 'step-end three done', 'run-end done'],
    ])
    expect(p.read(`target/runs/${run}.jsonl`)).toBe(p.read(`.drillbook/runs/${run}.jsonl`))
    expect((await p.run(['resume', run])).stderr).toContain(`The run ${run} is done.`)
  })

  test('hands a value on to a run that goes on later', async () => {
    using p = project({
      try: source(`
const NAME = await step('One', async () => (await $\`cat name\`).text())

await step('Two', () => $\`test -e ready\`)

await step('Three', () => $\`printf '%s.\\\\n' \${NAME}\`)
`),
    })
    p.write('name', 'first\n\n')
    expect((await p.run(['try', '--on', 'sandbox'])).exit).toBe(1)
    p.write('name', 'second\n')
    p.write('ready', '')
    expect((await p.run(['try', '--resume'])).stdout).toContain('│ first.')
  })

  test('plays the steps of an included runbook in its place, with the values it is given', async () => {
    using p = project({
      try: source(
        `await include('inner', { WHO: 'Ada' })\n\nawait include('other', {})\n\nawait step('Last', () => $\`echo last\`)`,
      ),
      inner: source(
        "await step('Greet', () => $`printf 'hello %s %s\\\\n' ${WHO} ${HOW}`)",
        "{ params: { WHO: text('Who.'), HOW: text('How.', 'softly') } }",
      ),
      other: source("await step('Wave', () => $`echo wave`)"),
    })
    const { exit, stdout } = await p.run(['try', '--on', 'sandbox'])
    expect(exit).toBe(0)
    expect(stdout).toMatch(/hello Ada softly[\s\S]*wave[\s\S]*last/)
  })

  test('skips a step that has already happened, and does not undo it', async () => {
    using p = project({
      try: source(
        `
await step('One', () => $\`touch one\`, { unless: () => $\`test -e one\`, undo: () => $\`rm one\` })

await step('Two', () => $\`false\`)
`,
        "{ onFailure: 'undo' }",
      ),
    })
    p.write('one', '')
    expect((await p.run(['try', '--on', 'sandbox'])).exit).toBe(1)
    expect(outline(p.journal())).toEqual([
      'run-start',
      'step-start one',
      'step-skip one',
      'step-start two',
      'step-end two failed',
      'run-end failed',
    ])
    expect(p.exists('one')).toBe(true)
  })

  test('stops a step that takes too long, with everything that it started', async () => {
    using p = project({ try: source("await step('One', () => $`bash wait.sh`, { timeout: '1s' })") })
    p.write('wait.sh', 'sleep 543 & echo $! >pid; wait')
    const { exit, stdout } = await p.run(['try', '--on', 'sandbox'])
    expect(exit).toBe(1)
    expect(stdout).toContain('It took longer than 1s and was stopped.')
    await until(() => isGone(Number(p.read('pid'))))
  })

  test('says so if the script does something else than its source', async () => {
    using p = project({
      try: source("await step('One', () => $`bash change.sh`)\n\nawait step('Two', () => $`echo two`)"),
    })
    // Between reading and playing; the included one is imported only after the first step.
    p.write('runbooks/try.ts', source("await step('One', () => $`bash change.sh`)\n\nawait include('inner')"))
    p.write('runbooks/inner.ts', source("await step('Two', () => $`echo two`)"))
    p.write('change.sh', `sed -i "s/'Two'/'Three'/" runbooks/inner.ts`)
    const { exit, stdout } = await p.run(['try', '--on', 'sandbox'])
    expect(exit).toBe(1)
    expect(stdout).toContain('The script came to “Three”; its source says “Two”.')
  })

  test('runs nothing that it cannot record on the target', async () => {
    using p = project({
      try: source("await step('One', () => $`touch target/broken`)\n\nawait step('Two', () => $`touch two`)"),
    })
    const { exit, stdout, stderr } = await p.run(['try', '--on', 'sandbox'])
    expect(exit).toBe(1)
    expect(stdout + stderr).toContain('The journal on sandbox cannot be written: No space left on device')
    expect(p.exists('two')).toBe(false)
    expect(p.exists('target/lock')).toBe(false)
  })
})

describe('going back', () => {
  const steps = (head: string) =>
    source(
      `
await step('One', () => $\`touch one\`, { undo: () => $\`rm one\` })

await step('Two', () => $\`touch two\`, { undo: () => $\`rm two\` })

await step('Three', () => $\`test -e ready\`, { undo: () => $\`touch never\` })
`,
      head,
    )

  test('happens by itself where the runbook says so, newest first; the run still failed', async () => {
    using p = project({ try: steps("{ onFailure: 'undo' }") })
    const { exit, stdout } = await p.run(['try', '--on', 'sandbox'])
    expect(exit).toBe(1)
    expect(stdout).toContain('↩ Try it: undone on sandbox.')
    expect(outline(p.journal()).slice(-7)).toEqual([
      ...['undo-start', 'undo-step-start two', 'undo-step-end two done'],
      ...['undo-step-start one', 'undo-step-end one done', 'undo-end done', 'run-end undone'],
    ])
    expect(['one', 'two', 'never'].filter(p.exists)).toEqual([])
    const [run = ''] = p.runs()
    expect(await p.run(['resume', run])).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('was undone'),
    })
  })

  test('waits to be asked for otherwise, and can be asked for later', async () => {
    using p = project({ try: steps('{}') })
    expect((await p.run(['try', '--on', 'sandbox'])).exit).toBe(1)
    const [run = ''] = p.runs()
    expect(['one', 'two'].filter(p.exists)).toEqual(['one', 'two'])
    expect((await p.run(['undo', run])).exit).toBe(0)
    expect(['one', 'two', 'never'].filter(p.exists)).toEqual([])
    expect((await p.run(['undo', run])).stderr).toContain('has nothing to go back over')
  })

  test('that fails stops there, names the first error too, and goes on from there', async () => {
    using p = project({ try: steps("{ onFailure: 'undo' }").replace('rm one', 'rm one ready2') })
    const { exit, stdout } = await p.run(['try', '--on', 'sandbox'])
    expect(exit).toBe(1)
    const [run = ''] = p.runs()
    const blocks =
      / {2}step {5}Three \(after .*\)\n {2}command {2}test -e ready\n {2}exit {5}code 1\n\n {2}Then going back failed:\n {2}step {5}One \(after .*\)\n {2}command {2}rm one ready2\n {2}exit {5}code 1\n {2}│ rm: [\s\S]*ready2/
    expect(stdout).toMatch(blocks)
    expect(stdout).toContain(`pnpm runbook undo ${run}\n      goes on going back over “One”\n`)
    const ended = p.journal().at(-1)
    expect(ended).toMatchObject({
      result: 'failed',
      error: 'The command ended with exit code 1. Going back: The command ended with exit code 1.',
    })
    expect(await p.run(['resume', run])).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('was going back'),
    })
    // A second failure, by another process, hides the first one as little.
    const again = await p.run(['undo', run])
    expect(again.exit).toBe(1)
    expect(again.stdout).toMatch(blocks)
    expect(p.journal().at(-1)).toMatchObject({ error: ended && 'error' in ended && ended.error })
    p.write('one', '')
    p.write('ready2', '')
    expect((await p.run(['undo', run])).exit).toBe(0)
    const undone = p.journal().filter(({ event }) => event === 'undo-step-end')
    expect(undone.map((event) => 'step' in event && event.step)).toEqual(['two', 'one', 'one', 'one'])
  })
})

test('a secret is given again to go on, before or after the run, and to go back', async () => {
  using p = project({
    try: source(
      "await step('One', () => $`touch one`, { undo: () => $`rm one` })\n\nawait step('Two', () => $`printf %s ${PASSWORD} | tee used | cmp - wanted`)",
      "{ params: { PASSWORD: secret('The password.') } }",
    ),
  })
  const failed = await p.run(['try', '--on', 'production', '--PASSWORD', 'wrong-one'])
  expect(failed.stdout).toContain('goes on at “Two”; needs PASSWORD again')
  p.write('wanted', 'right-one')
  const [run = ''] = p.runs()
  expect((await p.run(['resume'])).stderr).toContain('--PASSWORD …')
  expect((await p.run(['resume', '--PASSWORD', 'wrong-two', run])).exit).toBe(1)
  expect(p.read('used')).toBe('wrong-two')
  expect((await p.run(['undo', '--password', 'any-value', run])).exit).toBe(0)
  expect(p.exists('one')).toBe(false)
})

test('a question to the operator is answered by --yes, and by nobody if there is no terminal', async () => {
  using p = project({
    try: source("await confirm('Is the page up?')\n\nawait step('One', () => $`touch one`)"),
  })
  const refused = await p.run(['try', '--on', 'production'])
  expect(refused.exit).toBe(3)
  expect(p.exists('one')).toBe(false)
  expect((await p.run(['try', '--on', 'production', '--yes'])).exit).toBe(0)
  expect(outline(p.journal())).toEqual([
    'run-start',
    'confirm is-the-page-up',
    'step-start one',
    'step-end one done',
    'run-end done',
  ])
})
