/** Whatever is in the file, the reader answers, quickly, with a Document or a SourceError. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Document } from '../../src/runbook/document.ts'
import { SourceError } from '../../src/runbook/errors.ts'
import { readSource } from '../../src/runbook/read.ts'
import { blocks } from '../../src/runbook/shell.ts'
import { openLab, SHELLS } from './support/lab.ts'
import { commandProblems } from './support/sources.ts'

const RUNS = 10_000

const corpus = ['commands', 'values', 'conditions', 'loops', 'undo', 'inner', 'middle', 'outer'].map((name) =>
  readFileSync(new URL(`corpus/${name}.ts`, import.meta.url), 'utf8'),
)
const load = (name: string) => {
  const index = ['inner', 'middle'].indexOf(name)
  return index < 0 ? undefined : { file: `runbooks/${name}.ts`, source: corpus[5 + index] ?? '' }
}

/** Words that a mutation puts somewhere. */
const token = fc.constantFrom(
  ...[
    'await ',
    'step',
    'runbook',
    'retry',
    'ok',
    'fail',
    'include',
    'confirm',
    'const ',
    'let ',
    'async ',
    '=> ',
    'if (',
    'else ',
    'for (const A of ',
    '$`',
    '`',
    '${',
    '}',
    '{',
    '(',
    ')',
    '[',
    ']',
    ';',
    ',',
    '...',
    '?.',
    '!',
    '===',
    '=',
    ':',
    "'",
    '"',
    '/**',
    '*/',
    '//',
    '\\',
    '\n',
    '\r\n',
    '\u2028',
    '\0',
    '\ud800',
    '😀',
    '#',
    '|',
    '&&',
    '<<',
    '>',
    'UID',
    'X',
    '0x1',
    '1n',
    'null',
    '/x/',
    'import ',
    'export ',
    'class ',
    '@',
    '<T>',
    'as any',
    'satisfies ',
    'yield',
    'new ',
    'import.meta',
    'this',
    'super',
  ],
)
const place = fc.double({ min: 0, max: 1, noNaN: true })
const mutation = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), at: place, text: token }),
  fc.record({ kind: fc.constant('remove' as const), at: place, length: fc.integer({ min: 1, max: 30 }) }),
  fc.record({
    kind: fc.constant('copy' as const),
    at: place,
    from: place,
    length: fc.integer({ min: 1, max: 80 }),
  }),
)
const mutated = fc
  .tuple(fc.constantFrom(...corpus), fc.array(mutation, { minLength: 1, maxLength: 6 }))
  .map(([source, mutations]) =>
    mutations.reduce((text, change) => {
      const at = Math.floor(change.at * text.length)
      if (change.kind === 'insert') return text.slice(0, at) + change.text + text.slice(at)
      if (change.kind === 'remove') return text.slice(0, at) + text.slice(at + change.length)
      const from = Math.floor(change.from * text.length)
      return text.slice(0, at) + text.slice(from, from + change.length) + text.slice(at)
    }, source),
  )
const generated = fc
  .array(token, { maxLength: 40 })
  .map((words) => `import { $, runbook, step } from '#runbook'\n/** T */\nrunbook({})\n${words.join('')}`)

test(`${RUNS} mutated and generated sources: a Document, or a SourceError with places inside the file`, {
  timeout: 120_000,
}, async () => {
  let read = 0
  let slowest = 0
  await fc.assert(
    fc.asyncProperty(
      fc.oneof({ weight: 4, arbitrary: mutated }, { weight: 1, arbitrary: generated }),
      async (source) => {
        const started = performance.now()
        const answer = await readSource(source, 'runbooks/fuzz.ts', { load, commands: false }).catch(
          (error: unknown) => error,
        )
        slowest = Math.max(slowest, performance.now() - started)
        if (!(answer instanceof Error)) {
          read += 1
          expect(blocks(answer as Document).length).toBeGreaterThan(1)
          return
        }
        expect(answer).toBeInstanceOf(SourceError)
        const { problems } = answer as SourceError
        expect(problems.length).toBeGreaterThan(0)
        const lines = source.split(/\r\n|[\n\r\u2028\u2029]/)
        for (const { file, line, column, found, expected } of problems) {
          expect(found && expected).toBeTruthy()
          if (file !== 'runbooks/fuzz.ts') continue
          expect(line).toBeLessThanOrEqual(lines.length)
          expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 2)
        }
      },
    ),
    { numRuns: RUNS },
  )
  expect(read).toBeGreaterThan(RUNS / 100)
  expect(slowest).toBeLessThan(5000)
})

/** What the words of a command may be made of: mostly what the reader has to refuse. */
const piece = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'probe',
      ' ',
      ' ',
      ' ',
      "'",
      "'",
      '"',
      'a',
      'b1',
      '--x',
      '${P}',
      '|',
      '>f',
      '2>&1',
      '<f',
      'echo',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 3 }).map((text) => text.replace(/[\\`$]/g, '')),
  },
)

/** Commands that the reader lets through mean the same to both shells: it is no use to refuse only what one thinks of. */
test('generated commands that are not refused are the same in bash and zsh, without expansion', {
  timeout: 240_000,
}, async () => {
  const lab = openLab()
  try {
    const commands = fc.sample(
      fc.array(piece, { maxLength: 12 }).map((pieces) => `probe ${pieces.join('')}`),
      2500,
    )
    const good: string[] = []
    for (const command of new Set(commands)) {
      if (!/[<>]/.test(command) && (await commandProblems(command)).length === 0)
        good.push(command.replaceAll('${P}', '"$P"'))
    }
    expect(good.length).toBeGreaterThan(150)
    const played = []
    for (const shell of SHELLS) {
      lab.reset()
      // One at a time in a pipeline, or the calls would come in any order.
      const single = good
        .filter((command) => !command.replace(/'[^']*'|"[^"]*"/g, '').includes('|'))
        .slice(0, 400)
      await lab.run(shell, `P='a value'\nsetopt EXTENDED_GLOB 2>/dev/null\n${single.join('\n')}`)
      played.push(lab.calls())
      expect(lab.calls()).toHaveLength(single.length)
    }
    expect(played[0]).toEqual(played[1])
  } finally {
    lab.remove()
  }
})
