/** Wherever a crash cuts the journals, the real resume goes on, and repeats no step that had finished. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openLocalJournal } from '../../src/run/journal.ts'
import type { Event } from '../../src/run/journal-schema.ts'
import { type Project, project, source } from './project.ts'

const steps = ['one', 'two', 'three']
const runbook = source(`
await step('One', () => $\`bash count.sh one\`)

const NAME = await step('Two', async () => (await $\`bash count.sh two\`).text())

await step('Three', () => $\`bash count.sh three \${NAME}\`)
`)

async function played(): Promise<Project & { id: string; whole: Buffer }> {
  const p = project({ try: runbook })
  p.write('count.sh', 'echo x >>count-$1; echo "Ada $2"')
  expect((await p.run(['try', '--on', 'production'])).exit).toBe(0)
  const run = p.runs()[0] ?? ''
  return Object.assign(p, { id: run, whole: readFileSync(join(p.root, `.drillbook/runs/${run}.jsonl`)) })
}

const lineEnds = (whole: Buffer) => [...whole].flatMap((byte, index) => (byte === 0x0a ? [index + 1] : []))

/** Inside a line all cuts are one: the rest of it is left out. So each line is cut once at its end and once within. */
test('at the end of every line and within it, here and there', { timeout: 300_000 }, async () => {
  using p = await played()
  const { id: run, whole } = p
  const ends = [0, ...lineEnds(whole)]
  for (const [lines, end] of ends.entries()) {
    const torn = end + Math.floor(((ends[lines + 1] ?? end) - end) * ((lines % 3) / 2.5))
    // The local copy is written first; every third time, this is another machine.
    const here = lines % 3 === 2 ? undefined : whole.subarray(0, torn)
    const there = whole.subarray(0, here ? (ends[Math.max(0, lines - (lines % 2))] ?? 0) : torn)
    const kept = whole.subarray(0, end).toString('utf8').split('\n').filter(Boolean)
    const events = kept.map((line) => JSON.parse(line) as Event)
    for (const step of steps) rmSync(join(p.root, `count-${step}`), { force: true })
    rmSync(join(p.root, '.drillbook'), { recursive: true })
    mkdirSync(join(p.root, '.drillbook/runs'), { recursive: true })
    if (here) writeFileSync(join(p.root, `.drillbook/runs/${run}.jsonl`), here)
    p.write(`target/runs/${run}.jsonl`, there.toString('utf8').replace(/[^\n]*$/, ''))

    const at = `after ${lines} lines`
    const { exit, stdout, stderr } = await p.run(['resume', run, '--on', 'production', '--step', 'again'])
    expect(stderr, at).not.toMatch(/^\s+at .*:\d+/m)
    const counts = steps.filter((step) => p.exists(`count-${step}`))
    if (lines === 0 || lines === ends.length - 1) {
      expect({ exit, counts }, at).toEqual({ exit: lines === 0 ? 2 : 3, counts: [] })
      continue
    }
    const finished = events.flatMap((event) => (event.event === 'step-end' ? [event.step] : []))
    expect({ exit, counts }, `${at}\n${stdout}${stderr}`).toEqual({
      exit: 0,
      counts: steps.filter((step) => !finished.includes(step)),
    })
    for (const step of counts) expect(p.read(`count-${step}`), at).toBe('x\n')
    // The value came from the journal or from the step, and both copies are the same again.
    if (counts.includes('three')) expect(stdout, at).toContain('│ Ada Ada')
    const [now, remote] = ['.drillbook', 'target'].map((folder) => p.read(`${folder}/runs/${run}.jsonl`))
    expect(now?.startsWith(kept.join('\n')), at).toBe(true)
    expect(unrepeated(remote ?? ''), at).toBe(now)
  }
})

/** A line whose acknowledgement was lost stands twice on the target; reading leaves the second out. */
function unrepeated(text: string): string {
  return text
    .split('\n')
    .filter((line, index, all) => index === 0 || line !== all[index - 1])
    .join('\n')
}

test('at any byte, the next line is a line of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drillbook-cut-'))
  const file = join(folder, 'r.jsonl')
  const whole = Buffer.from(['{"n":1,"text":"ä€😀"}', '{"n":2}', '{"n":3,"text":"\\n"}', ''].join('\n'))
  for (let cut = 0; cut <= whole.length; cut++) {
    writeFileSync(file, whole.subarray(0, cut))
    const sink = openLocalJournal(file)
    sink.append('{"next":true}')
    sink.close()
    const lines = readFileSync(file, 'utf8').split('\n')
    const kept = lineEnds(whole).filter((end) => end <= cut).length
    expect(lines.slice(0, -1)).toEqual([
      ...whole.toString('utf8').split('\n').slice(0, kept),
      '{"next":true}',
    ])
  }
  rmSync(folder, { recursive: true })
})

const awkward = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom(...'$`\'"\\!*?[]{}()<>|&;~#=%^ \t\n\r-\u0007\u001b\u00a0\u2028é😀') }),
  fc.constantFrom(
    '',
    '-n',
    '--',
    '$(touch pwned)',
    '`touch pwned`',
    "'; touch pwned; '",
    '\\',
    '~',
    '*',
    '[redacted]',
  ),
)

test('whatever a param holds reaches the command as it was given, and again after a resume', {
  timeout: 300_000,
}, async () => {
  const names = ['A', 'B', 'C', 'D', 'E', 'F']
  using p = project({
    try: source(
      `await step('Say', () => $\`bash say.sh said ${names.map((name) => `\${${name}}`).join(' ')}\`)

await step('Wait', () => $\`test -e ready\`)

await step('Say again', () => $\`bash say.sh again ${names.map((name) => `\${${name}}`).join(' ')}\`)`,
      `{ params: { ${names.map((name) => `${name}: text('A value.', '')`).join(', ')} } }`,
    ),
  })
  p.write('say.sh', `file=$1; shift; printf '%s\\0' "$@" >"$file"`)
  await fc.assert(
    fc.asyncProperty(fc.tuple(...names.map(() => awkward)), async (values) => {
      rmSync(join(p.root, 'ready'), { force: true })
      const args = names.map((name, index) => `--${name}=${values[index]}`)
      const { exit, stderr } = await p.run(['try', '--on', 'sandbox', ...args])
      expect({ exit, stderr }).toEqual({ exit: 1, stderr: '' })
      expect(p.read('said').split('\0').slice(0, -1)).toEqual(values)
      p.write('ready', '')
      expect((await p.run(['resume', p.runs().at(-1) ?? ''])).exit).toBe(0)
      expect(p.read('again').split('\0').slice(0, -1)).toEqual(values)
      expect(p.exists('pwned')).toBe(false)
    }),
    { numRuns: 8, endOnFailure: true },
  )
})
