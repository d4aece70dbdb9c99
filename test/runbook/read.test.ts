import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { SourceError } from '../../src/runbook/errors.ts'
import { checkGrammar } from '../../src/runbook/grammar.ts'
import { listRunbooks, readRunbook } from '../../src/runbook/library.ts'
import { readSource } from '../../src/runbook/read.ts'
import { startReading } from '../../src/runbook/reading.ts'
import { slugOf } from '../../src/runbook/slug.ts'
import { statements } from './support/sources.ts'

/** Without positions, which would hide the rest. */
function bare(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, part) => (key === 'position' || key === 'source' ? undefined : part)),
  )
}

describe('readSource', () => {
  test('reads a whole runbook', async () => {
    const source = `// A licence.
import { $, confirm, moment, runbook, secret, step } from '#runbook'

/**
 * Move the *bucket*
 *
 * First paragraph,
 *   indented code
 *
 * - a list
 */
const { SINCE, KEY } = runbook({
  category: 'Data',
  destructive: true,
  objective: { rto: '30m', rpo: '1.5h' },
  onFailure: 'undo',
  params: {
    SINCE: moment('From when on.', ''),
    KEY: secret('The key.'),
  },
})

/** Counts them. */
const COUNT = await step('Count the objects', async () => (await $\`count --since=\${SINCE}\`).text(), { timeout: '10m' })

await step('Copy', () => $\`printf %s \${KEY} | copy --count=\${COUNT}\`, {
  unless: () => $\`copied\`,
  undo: () => $\`remove\`,
})

/** Look at it. */
await confirm('Is it there?')
`
    expect(bare(await readSource(source, 'runbooks/move-bucket.ts'))).toMatchInlineSnapshot(`
      {
        "category": "Data",
        "destructive": true,
        "file": "runbooks/move-bucket.ts",
        "items": [
          {
            "body": [
              {
                "command": {
                  "pieces": [
                    {
                      "text": "count --since=",
                      "type": "text",
                    },
                    {
                      "name": "SINCE",
                      "type": "value",
                    },
                  ],
                },
                "type": "command",
              },
            ],
            "prose": "Counts them.",
            "slug": "count-the-objects",
            "timeout": "10m",
            "title": "Count the objects",
            "type": "step",
            "value": "COUNT",
          },
          {
            "body": [
              {
                "command": {
                  "pieces": [
                    {
                      "text": "printf %s ",
                      "type": "text",
                    },
                    {
                      "name": "KEY",
                      "type": "value",
                    },
                    {
                      "text": " | copy --count=",
                      "type": "text",
                    },
                    {
                      "name": "COUNT",
                      "type": "value",
                    },
                  ],
                },
                "type": "command",
              },
            ],
            "prose": "",
            "slug": "copy",
            "title": "Copy",
            "type": "step",
            "undo": [
              {
                "command": {
                  "pieces": [
                    {
                      "text": "remove",
                      "type": "text",
                    },
                  ],
                },
                "type": "command",
              },
            ],
            "unless": {
              "pieces": [
                {
                  "text": "copied",
                  "type": "text",
                },
              ],
            },
          },
          {
            "prose": "Look at it.",
            "question": "Is it there?",
            "slug": "is-it-there",
            "type": "confirm",
          },
        ],
        "name": "move-bucket",
        "objective": {
          "rpo": "1.5h",
          "rto": "30m",
        },
        "onFailure": "undo",
        "params": [
          {
            "default": "",
            "description": "From when on.",
            "kind": "moment",
            "name": "SINCE",
          },
          {
            "description": "The key.",
            "kind": "secret",
            "name": "KEY",
          },
        ],
        "prose": "First paragraph,
        indented code

      - a list",
        "title": "Move the *bucket*",
      }
    `)
  })

  test('knows where everything stands', async () => {
    const source =
      "import { $, runbook, step } from '#runbook'\r\n/** é😀 */\r\nrunbook({})\r\nawait step('A', () => $`a`)\r\n"
    const { items } = await readSource(source, 'runbooks/a.ts')
    expect(items[0]?.position).toEqual({ file: 'runbooks/a.ts', line: 4, column: 7 })
    expect(items[0]).toMatchObject({ body: [{ command: { position: { line: 4, column: 23 } } }] })
  })

  test('puts included steps in place, with their params set', async () => {
    const inner =
      "import { $, runbook, step, text } from '#runbook'\n/** Inner */\nconst { A, B } = runbook({ params: { A: text('A.'), B: text('B.', 'preset') } })\nawait step('Inside', () => $`a ${A} ${B}`)"
    const outer =
      "import { $, include, runbook, step, text } from '#runbook'\n/** Outer */\nconst { X } = runbook({ params: { X: text('X.') } })\n/** Why. */\nawait include('inner', { A: X })\nawait step('Outside', () => $`b`)"
    const document = await readSource(outer, 'runbooks/outer.ts', {
      load: () => ({ file: 'runbooks/inner.ts', source: inner }),
    })
    expect(bare(document.items[0])).toMatchInlineSnapshot(`
      {
        "items": [
          {
            "body": [
              {
                "command": {
                  "pieces": [
                    {
                      "text": "a ",
                      "type": "text",
                    },
                    {
                      "name": "A",
                      "type": "value",
                    },
                    {
                      "text": " ",
                      "type": "text",
                    },
                    {
                      "name": "B",
                      "type": "value",
                    },
                  ],
                },
                "type": "command",
              },
            ],
            "prose": "",
            "slug": "inside",
            "title": "Inside",
            "type": "step",
          },
        ],
        "name": "inner",
        "params": {
          "A": {
            "name": "X",
            "type": "value",
          },
          "B": {
            "type": "literal",
            "value": "preset",
          },
        },
        "prose": "Why.",
        "title": "Inner",
        "type": "include",
      }
    `)
  })

  test.each([
    ['await $`a "b c" \'${\'`'.replace("'${'", "'d'")],
    ["if (A === 'x') await $`a`\nelse if (!B) fail('No.')\nelse { await $`b`; await $`c ${A}` }"],
    ['if (!(await ok($`a | b`))) await $`c`'],
    ["for (const EACH of ['x', \"it's\"]) { await retry(3, '500ms', () => $`a ${EACH}`) }"],
  ])('reads %s', async (body) => {
    expect(bare(await statements(body, "A: text('A.', ''), B: text('B.', '')"))).toMatchSnapshot()
  })

  test('a command is what the program sees: JavaScript’s escapes are undone', async () => {
    expect(bare(await statements("await $`printf 'a\\\\n\\`\\$' ${A}`", "A: text('A.', '')"))).toEqual([
      {
        type: 'command',
        command: {
          pieces: [
            { type: 'text', text: "printf 'a\\n`$' " },
            { type: 'value', name: 'A' },
          ],
        },
      },
    ])
  })

  test('never runs the source', async () => {
    const source =
      "import { runbook } from '#runbook'\n/** T */\nrunbook({})\nglobalThis.ran = true\nprocess.exit(3)"
    await expect(readSource(source, 'runbooks/a.ts')).rejects.toThrow(SourceError)
    expect('ran' in globalThis).toBe(false)
  })
})

describe('the library', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))

  test('lists and reads this project’s own runbooks', async () => {
    const names = await listRunbooks(root)
    expect(names).toContain('restore')
    for (const name of names) expect((await readRunbook(root, name)).name).toBe(name)
  })

  test('says which there are', async () => {
    await expect(readRunbook(root, '../package')).rejects.toThrow(
      /^There is no runbook "\.\.\/package" in runbooks\/\. There are: .*restore/,
    )
  })

  test('reserves the names that the environments use', async () => {
    const project = mkdtempSync(join(tmpdir(), 'library-'))
    onTestFinished(() => rmSync(project, { recursive: true }))
    for (const folder of ['runbooks', 'environments']) mkdirSync(join(project, folder))
    writeFileSync(join(project, 'environments/sandbox.env'), "ENVIRONMENT=sandbox\nMEMORY='1g'\n")
    writeFileSync(
      join(project, 'runbooks/a.ts'),
      "import { $, runbook, step, text } from '#runbook'\n/** A */\nconst { MEMORY } = runbook({ params: { MEMORY: text('M.', '') } })\nawait step('S', () => $`a ${MEMORY}`)\n",
    )
    expect(await listRunbooks(project)).toEqual(['a'])
    await expect(readRunbook(project, 'a')).rejects.toThrow('environments/sandbox.env sets it')
  })

  test.each([
    [false, 'undefined'],
    [true, 'function'],
  ])('with commands: %s, sh-syntax is loaded or not', async (commands, go) => {
    const { execFileSync } = await import('node:child_process')
    const script = `import { readRunbook } from './src/runbook/library.ts'
      await readRunbook('.', 'restore', { commands: ${commands} })
      console.log(typeof globalThis.Go)`
    expect(
      execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, encoding: 'utf8' }),
    ).toBe(`${go}\n`)
  })
})

test('the grammar notices what the words overlooked, and where', async () => {
  const reading = startReading('runbooks/a.ts', 'first\n  second\n  third\n', new Map())
  for (const [line, text] of [
    [1, 'a | b > c'],
    [2, 'a ; b'],
    [3, 'if x'],
  ] as const) {
    const position = { file: 'runbooks/a.ts', line, column: line === 1 ? 1 : 3 }
    reading.commands.push({ pieces: [{ type: 'text', text }], position })
  }
  await checkGrammar(reading)
  expect(
    reading.problems.map(({ line, column, found }) => `${line}:${column} ${found}`),
  ).toMatchInlineSnapshot(`
    [
      "2:3 \`a ; b\`, which is not one command for a shell",
      "3:3 \`if x\`, which is not one command for a shell",
    ]
  `)
})

test('a slug is GitHub’s', () => {
  expect(slugOf('Restore the files')).toBe('restore-the-files')
  expect(slugOf('Is “it” up? (no_w) – 2×')).toBe('is-it-up-no_w--2')
})
