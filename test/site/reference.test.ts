/** The reference is made from the sources; these say when it would have a hole. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { evidence, play, rows, twin } from '../../src/evidence/schema.ts'
import { readSource } from '../../src/runbook/read.ts'
import { constructsOf, refusal } from '../../src/site/constructs.ts'
import { fieldsOf } from '../../src/site/fields.ts'

const root = join(import.meta.dirname, '../..')
const folder = 'test/runbook/corpus'
const load = (name: string) => {
  const file = `${folder}/${name}.ts`
  return { file, source: readFileSync(join(root, file), 'utf8') }
}
const names = readdirSync(join(root, folder)).map((file) => file.replace(/\.ts$/, ''))
const documents = await Promise.all(
  names.map((name) => readSource(load(name).source, load(name).file, { load })),
)
const constructs = documents.flatMap(constructsOf)

describe('the language', () => {
  test('is shown whole: every construct that the tests play is on the page', () => {
    const page = readFileSync(join(root, 'docs/reference/language.mdx'), 'utf8')
    const shown = new Set([...page.matchAll(/<Construct of="([^"]+)"/g)].map(([, id]) => id))
    const kinds = (ids: (id: string) => boolean) =>
      [...new Set(constructs.filter(({ id }) => ids(id)).flatMap((each) => each.kinds))].sort()
    expect(kinds((id) => shown.has(id))).toEqual(kinds(() => true))
    expect(kinds(() => true)).toMatchInlineSnapshot(`
      [
        "command",
        "confirm",
        "fail",
        "for",
        "if equals",
        "if not",
        "if ok",
        "if set",
        "include",
        "param choice",
        "param flag",
        "param text",
        "retry",
        "step",
        "undo",
        "unless",
        "value",
      ]
    `)
  })

  test('a construct is its source, its block, and its way back', () => {
    expect(constructs.find(({ id }) => id === 'undo/already-there')).toMatchInlineSnapshot(`
      {
        "id": "undo/already-there",
        "kinds": [
          "step",
          "unless",
          "undo",
          "command",
        ],
        "script": "await step('Already there', () => $\`probe never\`, {
        unless: () => $\`probe exit 0\`,
        undo: () => $\`probe undo what was there\`,
      })",
        "shell": "(
        exec </dev/null; set -euo pipefail; : "\${DRILLBOOK_RUN:?enter first}"
        if probe exit 0; then exit; fi
        probe never
      )",
        "undo": "(
        exec </dev/null; set -euo pipefail; : "\${DRILLBOOK_RUN:?enter first}"
        probe undo what was there
      )",
      }
    `)
  })

  test('what is said to be refused is', async () => {
    const commands = readFileSync(join(root, 'docs/reference/refused.txt'), 'utf8')
      .split('\n')
      .filter(Boolean)
    expect(commands.length).toBeGreaterThan(10)
    for (const command of commands) expect(await refusal(command), command).toBeDefined()
    expect(await refusal('make install')).toBeUndefined()
  })
})

describe('fields', () => {
  test.each(Object.entries({ evidence, play, rows, twin }))('of %s all have a description', (_, schema) => {
    expect(fieldsOf(z.toJSONSchema(schema)).length).toBeGreaterThan(2)
  })

  test('have the types that the schema has', () => {
    const shape = z.object({
      kind: z.enum(['a', 'b']).describe('A kind.'),
      size: z.number().nullable().describe('A size.'),
      parts: z
        .array(z.object({ name: z.string() }))
        .optional()
        .describe('Parts.'),
      versions: z.record(z.string(), z.string()).describe('Versions.'),
    })
    expect(fieldsOf(z.toJSONSchema(shape)).map(({ type, optional }) => [type, optional])).toEqual([
      ['"a", "b"', false],
      ['number or null', false],
      ['array of { name }', true],
      ['name → string', false],
    ])
  })

  test('without a description fail the build', () => {
    expect(() => fieldsOf(z.toJSONSchema(z.object({ size: z.number() })))).toThrow(
      'The field size has no description.',
    )
  })
})
