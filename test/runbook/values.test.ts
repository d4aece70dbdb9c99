/**
 * Any value of a param reaches a program as the same bytes: from the script through bash's environment, from a
 * pasted block through quotes. Many values go through one process, or this would take minutes.
 */
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { openTerminal } from '../../src/drill/terminal.ts'
import { execute } from '../../src/runbook/execute.ts'
import { quote } from '../../src/runbook/quote.ts'
import { readSource } from '../../src/runbook/read.ts'
import { blocks } from '../../src/runbook/shell.ts'
import { openLab, SHELLS } from './support/lab.ts'

const AT_ONCE = 50
const RUNS = 60

/** Pieces that mean something to a shell, a terminal, a line editor or an argument parser. */
const nasty = fc.constantFrom(
  ...[
    "'",
    "''",
    '"',
    '`',
    '\\',
    '\\\\',
    '$',
    '$(id)',
    '${HOME}',
    '$((1))',
    '!',
    '!!',
    '!$',
    '^a^b',
    '~',
    '~root',
    '=ls',
  ],
  ...[
    '-',
    '--',
    '-n',
    '-e',
    '#',
    ';',
    '&',
    '|',
    '<',
    '>',
    '(',
    ')',
    '{a,b}',
    '[a-z]',
    '*',
    '?',
    '%1',
    '%s',
    '\\n',
    '\\047',
  ],
  ...[
    '\n',
    '\r',
    '\t',
    '\x01',
    '\x03',
    '\x04',
    '\x1b[200~',
    '\x1b[201~',
    '\x1b',
    '\x7f',
    '\x85',
    '\xa0',
    '\u2028',
    '\u202e',
    '\u200d',
  ],
  ...['é', 'ß', '漢字', '😀', '👩‍👩‍👧', 'e\u0301', '\ufeff', '0', '7', ' ', '  ', '', 'EOF', '\\\n'],
)
const value = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .array(fc.oneof(nasty, fc.string({ unit: 'grapheme', maxLength: 6 })), { maxLength: 12 })
      .map((all) => all.join('')),
  },
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: nasty },
)
const good = value.filter((text) => text.isWellFormed() && !text.includes('\0'))

const names = Array.from({ length: AT_ONCE }, (_, index) => `P_${index}`)
const source = `import { $, runbook, step, text } from '#runbook'

/** Many values */
const { ${names.join(', ')} } = runbook({ params: { ${names.map((name) => `${name}: text('A value.', '')`).join(', ')} } })

await step('Pass them on', () => $\`probe ${names.map((name) => `\${${name}}`).join(' ')} \${P_0}\${P_1} --x=\${P_2}y\`)
`
const lab = openLab()
afterAll(() => lab.remove())

function expected(values: string[]): string[][] {
  return [[...values, `${values[0]}${values[1]}`, `--x=${values[2]}y`]]
}

describe('thousands of values', () => {
  test('pass through the script', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(good, { minLength: AT_ONCE, maxLength: AT_ONCE }), async (values) => {
        const parts = ['probe ', ...values.slice(1).map(() => ' '), ' ', '', ' --x=', 'y']
        lab.reset()
        await execute(
          { display: '', parts, values: [...values, values[0] ?? '', values[1] ?? '', values[2] ?? ''] },
          { cwd: lab.dir, env: lab.env },
        )
        expect(lab.calls()).toEqual(expected(values))
      }),
      { numRuns: RUNS },
    )
  })

  test.each(SHELLS)('pass through %s', async (shell) => {
    const document = await readSource(source, 'runbooks/many.ts')
    await fc.assert(
      fc.asyncProperty(fc.array(good, { minLength: AT_ONCE, maxLength: AT_ONCE }), async (values) => {
        const [enter, step] = blocks(
          document,
          Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])),
        )
        lab.reset()
        const ended = await lab.run(
          shell,
          `DRILLBOOK_RUN=x\n${enter?.text.replace(/^\. .*$/m, '')}\n${step?.text}`,
        )
        expect(ended).toMatchObject({ status: 0, stderr: '' })
        expect(lab.calls()).toEqual(expected(values))
      }),
      { numRuns: RUNS },
    )
  })
})

test('the largest value passes, and a larger one is refused', async () => {
  const { $ } = await import('../../src/runbook/index.ts')
  const large = "'!\n".repeat(21_845).padEnd(65_536, 'x')
  for (const shell of SHELLS) {
    lab.reset()
    await lab.run(shell, `probe ${quote(large)}`)
    expect(lab.calls()).toEqual([[large]])
  }
  lab.reset()
  await execute({ display: '', parts: ['probe ', ''], values: [large] }, { cwd: lab.dir, env: lab.env })
  expect(lab.calls()).toEqual([[large]])
  expect(() => $`probe ${`${large}x`}`).toThrowErrorMatchingInlineSnapshot(
    `[Error: Value 1 of the command «probe …» has 65537 bytes; the most that is passed on is 65536.]`,
  )
  expect(() => $`probe ${'a\0b'}`).toThrowErrorMatchingInlineSnapshot(
    `[Error: Value 1 of the command «probe …» contains a NUL character, which no program can be given as an argument.]`,
  )
  expect(() => $`probe ${'\ud800'}`).toThrowErrorMatchingInlineSnapshot(
    `[Error: Value 1 of the command «probe …» contains half of a surrogate pair, which is no character.]`,
  )
  expect(() => $`probe ${undefined as unknown as string}`).toThrowErrorMatchingInlineSnapshot(
    `[Error: Value 1 of the command «probe …» must be text, but is undefined.]`,
  )
})

/** A live shell with history expansion, completion and a line editor, as a reader has it. */
describe.each(SHELLS)('pasted into %s on a terminal', (shell) => {
  test.each(['bracketed', 'raw'] as const)('%s, values arrive as they are', async (paste) => {
    const document = await readSource(source, 'runbooks/many.ts')
    // The terminal's keyboard writes in portions of 512 UTF-16 units, which may cut a longer character in two.
    const short = good.filter((text) => !/[\u{10000}-\u{10ffff}]/u.test(text))
    const samples = fc.sample(short, { numRuns: AT_ONCE - 12, seed: 20261121 })
    const values = [
      "it's",
      '!!',
      '\t',
      'a\nb',
      '\x1b[201~',
      '\\',
      '"',
      '$(id)',
      'é漢',
      '\r',
      '\x03\x04',
      '-n',
      ...samples,
    ]
    const [enter, step] = blocks(
      document,
      Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])),
    )
    lab.reset()
    const terminal = await openTerminal(shell, { directory: lab.dir, env: lab.env })
    try {
      if (shell === 'zsh') await terminal.paste('setopt RC_QUOTES EXTENDED_GLOB', { paste })
      await terminal.paste('DRILLBOOK_RUN=x', { paste })
      await terminal.paste(enter?.text.replace(/\n\. .*$/m, '') ?? '', { paste })
      expect(await terminal.paste(step?.text ?? '', { paste })).toMatchObject({ status: 0 })
    } finally {
      await terminal.close()
    }
    expect(lab.calls()).toEqual(expected(values))
  })
})
