import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { project, source } from './project.ts'

const head = `{
  category: 'Disaster recovery',
  destructive: true,
  objective: { rto: '30m' },
  params: {
    WHEN: moment('Back to this moment.', ''),
    SIZE: choice('How much.', ['full', 'diff']),
    COUNT: integer('How many.'),
    QUICK: flag('Leave out the check.'),
  },
}`
const runbook = source(
  "/** Says it. */\nawait step('Say', () => $`printf '%s|' ${WHEN} ${SIZE} ${COUNT} ${QUICK}`, { undo: () => $`echo back` })",
  head,
)
const good = ['--SIZE', 'full', '--COUNT', '3']

describe('what is wrong is said, all of it, and nothing is run', () => {
  test.each([
    [
      'a runbook that does not exist',
      ['tri', '--on', 'sandbox'],
      'There is no runbook “tri”.\n  Did you mean try?',
    ],
    [
      'an environment that does not exist',
      ['try', '--on', 'prod', ...good],
      'Environments here: production, sandbox',
    ],
    ['an option that does not exist', ['try', '--dry'], 'There is no option --dry; did you mean --dry-run?'],
    [
      'a param that does not exist',
      ['try', '--siz', 'full'],
      'There is no option --siz; did you mean --SIZE?',
    ],
    ['an option without its value', ['try', '--on'], '--on needs a value'],
    ['an option that is given twice', ['try', ...good, '--size', 'diff'], '--size is given twice'],
    ['a word too many', ['try', 'again', '--on', 'sandbox'], '“again” is one word too many'],
    ['a run that does not exist', ['report', 'x'], 'There is no run “x” here.'],
    [
      'params, every one of them with an example',
      ['try', '--on', 'sandbox', '--COUNT', 'x', '--WHEN', '2026-02-30 10:00:00Z'],
      `try cannot be played like this:
  WHEN names a day that does not exist: "2026-02-30 10:00:00Z". Example: 2026-11-21T13:45:00+01:00
  COUNT must be a whole number, not "x". Example: 12`,
    ],
    [
      'params that are missing',
      ['try', '--on', 'sandbox'],
      `try cannot be played like this:
  --SIZE is missing: How much. Example: full or diff
  --COUNT is missing: How many. Example: 12`,
    ],
  ])('%s', async (_, args, message) => {
    using p = project({ try: runbook })
    const { exit, stderr } = await p.run(args)
    expect(stderr).toContain(message)
    expect(exit).toBe(2)
    expect(p.exists('target/calls')).toBe(false)
  })
})

describe('a run is refused, with exit code 3,', () => {
  test('without consent to what is destructive', async () => {
    using p = project({ try: runbook })
    for (const yes of [[], ['--yes'], ['--yes=staging'], ['--yes=sandbox']]) {
      const { exit, stderr } = await p.run(['try', '--on', 'production', ...good, ...yes])
      expect(exit).toBe(3)
      expect(stderr).toContain('--yes=production')
    }
    expect(p.runs()).toEqual([])
    expect((await p.run(['try', '--on', 'production', ...good, '--yes=production'])).exit).toBe(0)
  })

  test('while somebody else holds the lock', async () => {
    using p = project({ try: runbook })
    p.write('target/lock', 'other\n')
    const { exit, stderr } = await p.run(['try', '--on', 'sandbox', ...good])
    expect({ exit, stderr }).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('in use by the run other'),
    })
    expect(p.runs()).toEqual([])
    expect((await p.run(['unlock'])).stdout).toContain('pnpm runbook resume other')
    expect((await p.run(['unlock', '--force'])).exit).toBe(3)
    expect((await p.run(['unlock', '--force', '--yes=sandbox'])).exit).toBe(0)
    expect((await p.run(['try', '--on', 'sandbox', ...good])).exit).toBe(0)
  })

  test('on a system that says it is another one', async () => {
    using p = project({ try: runbook })
    p.write('target/environment', 'staging')
    const { exit, stderr } = await p.run(['try', '--on', 'production', ...good, '--yes=production'])
    expect({ exit, stderr }).toMatchObject({ exit: 3, stderr: expect.stringContaining('it is «staging»') })
  })

  test('in a sandbox that is not on this machine', async () => {
    using p = project({ try: runbook })
    p.write('target/engine', 'ssh://operator@server')
    const { exit, stderr } = await p.run(['try', '--on', 'sandbox', ...good])
    expect({ exit, stderr }).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('must run on this machine'),
    })
  })

  test('when the guard does not answer', async () => {
    using p = project({ try: runbook })
    p.write('target/down', '')
    const { exit, stderr } = await p.run(['try', '--on', 'sandbox', ...good])
    expect({ exit, stderr }).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining(
        'docker compose --env-file environments/sandbox.env up -d --wait toolbox',
      ),
    })
  })
})

test('an exported DOCKER_HOST, COMPOSE_FILE or PGHOST reaches no command', async () => {
  using p = project({ try: source("await step('Say', () => $`env`)") })
  const { stdout } = await p.run(['try', '--on', 'sandbox'], {
    DOCKER_HOST: 'tcp://x',
    PGHOST: 'x',
    COMPOSE_FILE: 'x.yaml',
    S3_ENDPOINT: 'x',
  })
  expect(stdout).not.toMatch(/DOCKER_HOST|PGHOST|S3_ENDPOINT|x\.yaml/)
  expect(stdout).toContain('│ COMPOSE_FILE=compose.yaml')
})

test('params come by their name or an easier one, from the environment, or by default', async () => {
  using p = project({ try: runbook })
  p.write('environments/sandbox.env', `${p.read('environments/sandbox.env')}PARAM_COUNT=7\n`)
  const { stdout } = await p.run([
    'try',
    '--on',
    'sandbox',
    '--size=diff',
    '--quick',
    '--when',
    '2026-11-21 10:00:00+01',
  ])
  expect(stdout).toContain('│ 2026-11-21 10:00:00+01|diff|7|true|')
})

test('--dry-run shows the commands with their values, and runs none', async () => {
  using p = project({ try: runbook })
  const { exit, stdout } = await p.run(['try', '--dry-run', ...good])
  expect(exit).toBe(0)
  expect(stdout).toMatchInlineSnapshot(`
    "Try it on sandbox
      WHEN = (empty)
      SIZE = full
      COUNT = 3
      QUICK = (empty)

     1. Say
        $ printf '%s|' '' full 3 ''
        to go back:
          $ echo back
    "
  `)
  expect(p.exists('target/calls')).toBe(false)
})

test('--help says what it is for, in 80 columns, without loading what is slow', async () => {
  using p = project({ try: runbook })
  const { exit, stdout, stderr } = await p.run(['try', '--help'], { NODE_DEBUG: 'esm' })
  expect(exit).toBe(0)
  expect(stdout).toMatchInlineSnapshot(`
    "Try it  destructive

    A runbook of a test.

    Objective: back in 30m.

    Usage
      pnpm runbook try [--on ENV] [--WHEN …] --SIZE … --COUNT … [--QUICK]

    Params
      --WHEN
          Back to this moment. Example: 2026-11-21T13:45:00+01:00
      --SIZE
          How much. Example: full or diff
      --COUNT
          How many. Example: 12
      --QUICK
          Leave out the check.

    Steps
      1.  Say

    Page: runbooks/try/    All options: pnpm runbook --help
    "
  `)
  expect(stderr).not.toMatch(/node_modules\/(zx|sh-syntax|zod|execa|@clack)\//)
})

test('--help takes at most 300 ms of the processor', async () => {
  using p = project({ try: runbook })
  // Not of the clock: other work on this machine is not its fault.
  p.write('time.sh', 'TIMEFORMAT="%U %S"; time "$@" >/dev/null')
  const seconds = () => {
    const args = ['time.sh', process.execPath, 'src/cli/main.ts', 'try', '--help']
    const { stderr } = spawnSync('bash', args, { cwd: p.root, encoding: 'utf8' })
    return stderr
      .trim()
      .split(' ')
      .map(Number)
      .reduce((a, b) => a + b)
  }
  seconds()
  const times = [seconds(), seconds(), seconds(), seconds(), seconds()]
  expect(Math.min(...times)).toBeLessThanOrEqual(0.3)
})

test('a command costs at most 25 ms more than bare bash, journal and display included', async () => {
  const commands = 20
  using p = project({
    try: source(
      `await step('Many', async () => {\n  for (const N of [${Array.from({ length: commands }, (_, n) => `'${n}'`).join(', ')}]) {\n    await $\`bash bare.sh \${N}\`\n  }\n})`,
    ),
  })
  // The first command measures what the same costs without us.
  p.write(
    'bare.sh',
    `[ "$1" = 0 ] || exit 0\nt() { date +%s%N; }\nfor n in $(seq 9); do a=$(t); bash -c 'set -euo pipefail; bash bare.sh 1'; b=$(t); echo $((b - a)) >>bare; done`,
  )
  const overheads: number[] = []
  for (let round = 0; round < 6 && !(Math.min(...overheads) <= 25); round++) {
    await p.run(['try', '--on', 'sandbox'])
    const starts = p
      .journal()
      .flatMap((event) => (event.event === 'command-start' ? [Date.parse(event.at)] : []))
    const each = starts.slice(2).map((at, index) => at - (starts[index + 1] ?? at))
    const bare = p
      .read('bare')
      .trim()
      .split('\n')
      .map((nanoseconds) => Number(nanoseconds) / 1e6)
    overheads.push(median(each) - median(bare))
  }
  expect(Math.min(...overheads)).toBeLessThanOrEqual(25)
})

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

test('the list is by category, and survives a source that cannot be read', async () => {
  using p = project({ try: runbook, broken: 'nonsense' })
  const { exit, stdout } = await p.run([])
  expect(exit).toBe(0)
  expect(stdout).toContain('Disaster recovery\n  ○ try     Try it (destructive)\n')
  expect(stdout).toContain('It cannot be read: pnpm runbook check broken')
  expect((await p.run(['check'])).exit).toBe(1)
  expect((await p.run(['check', 'try'])).stdout).toBe('✓ try  1 steps\n')
})

test('completion offers what fits', async () => {
  using p = project({ try: runbook })
  const words = async (...typed: string[]) =>
    (await p.run(['completion', 'words', ...typed])).stdout.trim().split('\n')
  expect(await words()).toContain('try')
  expect(await words('try', '--on')).toEqual(['production', 'sandbox'])
  expect(await words('try', '--SIZE')).toEqual(['full', 'diff'])
  expect(await words('try')).toEqual(expect.arrayContaining(['--dry-run', '--WHEN']))
})
