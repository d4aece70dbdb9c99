/** The crash matrix itself, on a project without containers: does it kill where it says, and notice what is wrong? */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cellsOf, describe as inWords, runsOf, select } from '../../src/drill/crash/cells.ts'
import { thisMachine } from '../../src/drill/crash/machines.ts'
import { wrong } from '../../src/drill/crash/matrix.ts'
import { type Crash, cli, playThrough, stateOf } from '../../src/drill/crash/operator.ts'
import { pointsOf } from '../../src/drill/crash/points.ts'
import { crashTable } from '../../src/drill/crash/table.ts'
import { readJournal } from '../../src/run/read-journal.ts'
import { readRunbook } from '../../src/runbook/library.ts'
import { readSource } from '../../src/runbook/read.ts'
import { type Project, project, source } from '../cli/project.ts'

const script = source(`
await step('Count', () => $\`bash count.sh one\`)

const HOW = await step('Ask', async () => (await $\`cat how\`).text())

await step('Choose', async () => {
  if (await ok($\`test -e other\`)) {
    await $\`bash count.sh other\`
  } else {
    await $\`bash count.sh this\`
    await $\`bash count.sh that\`
  }
  await retry(3, '0.1s', () => $\`bash count.sh tried \${HOW}\`)
})
`)
const count = 'echo x >>"count-$1"; sleep 0.2'

/** The project, with a `docker` of its own on the PATH. */
function prepare(): Project {
  const p = project({ try: script })
  p.write('count.sh', count)
  p.write('how', 'so\n')
  return p
}

const counts = (p: Project, names: string[]) =>
  names.map((name) => (p.exists(`count-${name}`) ? p.read(`count-${name}`).length / 2 : 0))

/** Plays all crashes in one run. What the CLI calls docker is the stub. */
async function survive(p: Project, crashes: Crash[]) {
  const path = process.env.PATH
  process.env.PATH = `${join(p.root, 'bin')}:${path}`
  try {
    const machine = thisMachine(p.root)
    return await playThrough({ machine, runbook: 'try', on: 'production', params: {}, crashes })
  } finally {
    process.env.PATH = path
  }
}

const crash = (
  moment: Crash['kill']['moment'],
  step: string,
  command = 0,
  more: Partial<Crash> = {},
): Crash => ({
  kill: { moment, step, command, delay: 0 },
  where: 'here',
  answer: 'again',
  ...more,
})

describe('the points of a runbook', async () => {
  const document = await readSource(script, 'runbooks/try.ts', { load: async () => undefined })
  const points = pointsOf(document)

  test('are before each step, during and after each command, and at both ends', () => {
    expect(points.map(({ moment, step, command, sure }) => [moment, step, command, sure])).toEqual([
      ['start', '', 0, true],
      ['before', 'count', 0, true],
      ['during', 'count', 1, true],
      ['after', 'count', 1, true],
      ['before', 'ask', 0, true],
      ['during', 'ask', 1, true],
      ['after', 'ask', 1, true],
      ['before', 'choose', 0, true],
      ...[1, 2, 3].flatMap((command) => [
        ['during', 'choose', command, true],
        ['after', 'choose', command, true],
      ]),
      ['during', 'choose', 4, false],
      ['after', 'choose', 4, false],
      ['end', 'choose', 0, true],
    ])
  })

  test('can be marked as done only after the last command of a step without a value, and not after a retry', () => {
    expect(points.filter(({ last }) => last).map(({ step }) => step)).toEqual(['count'])
  })

  test('are chosen by the seed alone, shared by the shards, and spread over the runs', () => {
    const cells = cellsOf([document], 7)
    expect(cellsOf([document], 7)).toEqual(cells)
    expect(new Set(cells.map(({ where }) => where))).toEqual(new Set(['here', 'elsewhere']))
    const sample = select(cells, { seed: 7, sample: 5 })
    expect(sample).toHaveLength(5)
    expect(select(cells, { seed: 7, sample: 5 })).toEqual(sample)
    expect(select(cells, { seed: 8, sample: 5 })).not.toEqual(sample)
    const two = ['a', 'b', 'c', 'd'].flatMap((name) => cells.map((cell) => ({ ...cell, runbook: name })))
    const names = (seed: number) => [
      ...new Set(select(two, { seed, runbooks: 2, sample: 4 }).map(({ runbook }) => runbook)),
    ]
    expect(names(7)).toHaveLength(2)
    expect(names(7)).toEqual(names(7))
    expect(new Set([1, 2, 3, 4, 5, 6].flatMap(names)).size).toBe(4)
    const shards = [1, 2, 3].flatMap((index) => select(cells, { seed: 7, shard: { index, of: 3 } }))
    expect(shards.map(inWords).sort()).toEqual(cells.map(inWords).sort())
    const runs = runsOf(cells, 4)
    expect(runs.flat()).toHaveLength(cells.length)
    for (const run of runs) expect(run).toEqual(run.toSorted((a, b) => cells.indexOf(a) - cells.indexOf(b)))
    expect(Math.max(...runs.map(({ length }) => length))).toBe(4)
  })
})

test('every runbook of this project has points, and every step of it is among them', {
  timeout: 180_000,
}, async () => {
  const document = await readRunbook(process.cwd(), 'restore')
  const steps = new Set(pointsOf(document).map(({ step }) => step))
  expect([...steps]).toContain('swap-the-clusters')
  // Of an included runbook, too.
  expect([...steps]).toContain('take-the-backup')
})

test('the runner dies at exactly the chosen points, and the run comes to its end all the same', {
  timeout: 180_000,
}, async () => {
  using p = prepare()
  const { run, exit, crashed } = await survive(p, [
    crash('start', ''),
    crash('before', 'count'),
    crash('during', 'count', 1),
    crash('after', 'count', 1, { answer: 'done' }),
    crash('after', 'ask', 1),
    crash('during', 'choose', 2),
    crash('after', 'choose', 4),
    crash('end', 'choose'),
  ])
  expect(exit).toBe(0)
  expect(crashed.map(({ reached, asked }) => [reached, asked])).toEqual([
    [true, false],
    [true, false],
    [true, true],
    [true, true],
    [true, true],
    [true, true],
    [true, true],
    [true, false],
  ])
  expect(crashed[2]?.running).toBe('bash count.sh one')
  // Twice for the kill during it; the kill after it was answered with “done”.
  expect(counts(p, ['one', 'this', 'that', 'tried'])).toEqual([2, 3, 2, 2])
  expect(wrong(readJournal(p.root, run))).toEqual([])
  expect(p.exists('target/lock')).toBe(false)
  // Dead, not asked to end: nobody wrote an end, the next process says that it goes on.
  expect(p.journal().filter(({ event }) => event === 'run-end')).toHaveLength(1)
  expect(p.journal().filter(({ event }) => event === 'run-resume')).toHaveLength(8)
})

test('a run can die at its end also if the operator has marked its last step as done', {
  timeout: 60_000,
}, async () => {
  using p = prepare()
  const { exit, crashed } = await survive(p, [
    crash('after', 'choose', 4, { answer: 'done' }),
    crash('end', 'choose'),
  ])
  expect(exit).toBe(0)
  expect(crashed.map(({ reached, asked }) => [reached, asked])).toEqual([
    [true, true],
    [true, false],
  ])
})

test('a command that is under way can have come some way when the runner dies', {
  timeout: 180_000,
}, async () => {
  using p = prepare()
  p.write('count.sh', 'echo x >>"count-$1"; sleep 3; echo x >>"count-end-$1"')
  const { crashed, exit } = await survive(p, [
    { ...crash('during', 'count', 1), kill: { moment: 'during', step: 'count', command: 1, delay: 400 } },
  ])
  expect(exit).toBe(0)
  expect(crashed[0]).toMatchObject({ reached: true, waited: true, asked: true })
  expect(counts(p, ['one', 'end-one'])).toEqual([2, 2])
})

test('another machine has its own name and checkout; what ran on the first is dead', {
  timeout: 180_000,
}, async () => {
  using p = prepare()
  for (const folder of ['scripts', 'stack', 'test/drills']) p.write(`${folder}/empty`, '')
  p.write('count.sh', 'echo x >>"count-$1"; sleep 3; echo x >>"count-end-$1"')
  // What the steps run is not part of a checkout's copy, and the stub's target is a folder of the first machine.
  const target = mkdtempSync(join(tmpdir(), 'drillbook-target-'))
  p.write('bin/elsewhere', '')
  const docker = p
    .read('bin/docker')
    .replaceAll('target/', `${target}/`)
    .replace('mkdir -p target', `mkdir -p ${target}`)
  p.write('bin/docker', docker)
  writeFileSync(
    join(p.root, 'runbooks/try.ts'),
    source(`
await step('Count', () => $\`bash ${p.root}/count.sh ${'one'}\`)

await step('Then', () => $\`test -e environments/production.env\`)
`),
  )
  const { crashed, exit, machine } = await survive(p, [
    {
      ...crash('during', 'count', 1, { where: 'elsewhere' }),
      kill: { moment: 'during', step: 'count', command: 1, delay: 300 },
    },
  ])
  using _ = machine
  expect(exit).toBe(0)
  expect(crashed[0]).toMatchObject({ reached: true, waited: false, asked: true })
  // Killed before its end the first time; the second time, in the other checkout, it came to its end.
  expect([existsSync(join(p.root, 'count-one')), existsSync(join(machine.root, 'count-one'))]).toEqual([
    true,
    true,
  ])
  expect([
    existsSync(join(p.root, 'count-end-one')),
    existsSync(join(machine.root, 'count-end-one')),
  ]).toEqual([false, true])
  const { last } = stateOf(machine.root, p.runs()[0] ?? '')
  expect(last).toMatchObject({ event: 'run-resume', host: machine.host })
  rmSync(target, { recursive: true })
})

test('a point that the run does not come to is not taken for a kill', { timeout: 180_000 }, async () => {
  using p = prepare()
  const { crashed, exit } = await survive(p, [crash('during', 'choose', 7)])
  expect(exit).toBe(0)
  expect(crashed[0]?.reached).toBe(false)
})

test('the clock of the runner may jump, in both directions: the run goes on, times stay times', {
  timeout: 180_000,
}, async () => {
  using p = prepare()
  const path = process.env.PATH
  process.env.PATH = `${join(p.root, 'bin')}:${path}`
  const result = await cli(thisMachine(p.root), ['try', '--on=production', '--yes=production'], {
    kills: [],
    jumps: [
      { step: 'ask', by: 7_200_000 },
      { step: 'choose', by: -86_400_000 },
    ],
  })
  process.env.PATH = path
  expect(result.exit).toBe(0)
  const events = readJournal(p.root, p.runs()[0] ?? '')
  expect(wrong(events)).toEqual([])
  const hours = events.map(({ at }) => Math.round((Date.parse(at) - Date.now()) / 3_600_000))
  expect(new Set(hours)).toEqual(new Set([0, 2, -22]))
})

test('a journal in which a finished step begins again is noticed', { timeout: 180_000 }, async () => {
  using p = prepare()
  const { run } = await survive(p, [])
  const events = readJournal(p.root, run)
  expect(wrong(events)).toEqual([])
  const again = events.find(({ event }) => event === 'step-start')
  expect(again && wrong([...events.slice(0, -1), again, ...events.slice(-1)])).toEqual([
    '“count” was finished, and began again',
  ])
  expect(wrong(events.slice(0, -2))).toContain('The journal does not end with the end of the run.')
})

test('the table counts', { timeout: 180_000 }, async () => {
  const document = await readSource(script, 'runbooks/try.ts', { load: async () => undefined })
  const rest = { scenario: 'A test', waited: false, asked: false, seconds: 1, rows: 10 }
  const results = cellsOf([document], 0)
    .slice(0, 4)
    .map((cell, index) => ({
      ...rest,
      cell,
      result: index === 2 ? ('failed' as const) : ('passed' as const),
      ...(index === 2 && { reason: 'Two rows are missing.' }),
    }))
  expect(crashTable(results)).toMatchInlineSnapshot(`
    "try        start  before  during  after  end
    (the run)  ✓h
    count             ✓h      ✗e      ✓h

    ✗ try, count, during, elsewhere, A test
        Two rows are missing.

    4 kills: 3 passed, 1 failed, 0 not reached.
    3 went on here (h), 1 elsewhere (e);
    0 left a command running, 0 waited for it, 0 had to be told what to do with the step."
  `)
})
