/** How every construct looks as a pasted block. That it does the same is shown by `corpus.test.ts`. */
import { describe, expect, test } from 'vitest'
import { quote, quoteIfNeeded } from '../../src/runbook/quote.ts'
import { readSource } from '../../src/runbook/read.ts'
import { blocks } from '../../src/runbook/shell.ts'
import { around, inStep } from './support/sources.ts'

async function rendered(source: string, values?: Record<string, string>): Promise<string> {
  const all = blocks(await readSource(source, 'runbooks/test.ts'), values)
  return all
    .map(({ kind, step, title, text, dim }) => `# ${kind} ${step ?? '-'} «${title}» dim ${dim}\n${text}`)
    .join('\n')
}

/** The lines of a step's body, without the wrapper that all have. */
async function body(statements: string, params?: string): Promise<string> {
  const step = blocks(await readSource(inStep(statements, params), 'runbooks/test.ts')).find(
    ({ kind }) => kind === 'step',
  )
  return (
    step?.text
      .split('\n')
      .slice(2, -1)
      .map((line) => line.slice(2))
      .join('\n') ?? ''
  )
}

const A = "A: text('A.', '')"

describe('blocks', () => {
  test('enter, steps, leave, and the undos in reverse', async () => {
    const source = around(
      `await step('Stop', () => $\`stop \${A}\`, { unless: () => $\`stopped\`, undo: () => $\`start\` })
       const VALUE = await step('Look', async () => (await $\`look\`).text(), { undo: () => $\`unlook \${VALUE}\` })
       await confirm('Is it up?')`,
      `${A}, NEEDED: text('Needed.'), KEY: secret('The key.')`,
    )
    expect(await rendered(source)).toMatchInlineSnapshot(`
      "# enter - «Enter» dim 
      ON='sandbox'
      A=''
      NEEDED=''
      . scripts/enter test
      # enter - «The key.» dim 
      IFS= read -rs KEY
      # step stop «Stop» dim 0,1,4
      (
        exec </dev/null; set -euo pipefail; : "\${DRILLBOOK_RUN:?enter first}"
        if stopped; then exit; fi
        stop "$A"
      )
      # step look «Look» dim 0,1,3
      VALUE=$(
        exec </dev/null; set -euo pipefail; : "\${DRILLBOOK_RUN:?enter first}"
        look
      ) || { unset VALUE; false; }
      # confirm is-it-up «Is it up?» dim 

      # leave - «Leave» dim 
      . scripts/leave
      # undo look «Look» dim 0,1,3
      (
        exec </dev/null; set -euo pipefail; : "\${DRILLBOOK_RUN:?enter first}"
        unlook "$VALUE"
      )
      # undo stop «Stop» dim 0,1,3
      (
        exec </dev/null; set -euo pipefail; : "\${DRILLBOOK_RUN:?enter first}"
        start
      )"
    `)
    const [enter] = blocks(await readSource(source, 'runbooks/test.ts'), {
      ON: 'production',
      A: "it's\n!",
      NEEDED: 'é',
    })
    expect(enter?.text).toMatchInlineSnapshot(`
      "ON='production'
      A=$'it\\047s\\012\\041'
      NEEDED='é'
      . scripts/enter test"
    `)
  })

  test('a required param stops the blocks that use it; a secret is asked for and piped', async () => {
    const source = inStep(
      'await $`a ${NEEDED}`\nawait $`printf %s ${KEY} | b`',
      "NEEDED: text('N.'), KEY: secret('K.')",
    )
    const step = blocks(await readSource(source, 'runbooks/test.ts')).find(({ kind }) => kind === 'step')
    expect(step?.text).toMatchInlineSnapshot(`
      "(
        exec </dev/null; set -euo pipefail; : "\${DRILLBOOK_RUN:?enter first}" "\${NEEDED:?}" "\${KEY:?}"
        a "$NEEDED"
        printf %s "$KEY" | b
      )"
    `)
  })

  test('an included runbook’s params are set in the blocks that use them', async () => {
    const inner = around(
      "await step('Inner', () => $`a ${P} ${Q}`)\nawait step('None', () => $`b`)",
      "P: text('P.'), Q: text('Q.', \"it's\")",
    )
    const outer = around("await include('inner', { P: X })", "X: text('X.')")
    const document = await readSource(outer, 'runbooks/outer.ts', {
      load: () => ({ file: 'runbooks/inner.ts', source: inner }),
    })
    expect(
      blocks(document)
        .map(({ text }) => text)
        .join('\n'),
    ).toMatchInlineSnapshot(`
      "ON='sandbox'
      X=''
      . scripts/enter outer
      (
        exec </dev/null; set -euo pipefail; : "\${DRILLBOOK_RUN:?enter first}" "\${X:?}"
        P="$X"
        Q=$'it\\047s'
        a "$P" "$Q"
      )
      (
        exec </dev/null; set -euo pipefail; : "\${DRILLBOOK_RUN:?enter first}"
        b
      )
      . scripts/leave"
    `)
  })
})

describe('statements', () => {
  test('commands', async () => {
    expect(
      await body('await $`cmd --x=${A} ${A}${A} \'single $\' "double"`\nawait $`a | b > c`', A),
    ).toMatchInlineSnapshot(`
      "cmd --x="$A" "$A""$A" 'single $' "double"
      a | b > c"
    `)
  })
  test('if', async () => {
    expect(await body('if (A) await $`a`', A)).toMatchInlineSnapshot(`
      "if [ -n "$A" ]; then
        a
      fi"
    `)
    expect(await body('if (!A) await $`a`\nelse await $`b`', A)).toMatchInlineSnapshot(`
      "if ! [ -n "$A" ]; then
        a
      else
        b
      fi"
    `)
    expect(
      await body("if (A === \"it's\") await $`a`\nelse if (A !== 'x') await $`b`", A),
    ).toMatchInlineSnapshot(`
      "if [ "$A" = $'it\\047s' ]; then
        a
      else
        if ! [ "$A" = 'x' ]; then
          b
        fi
      fi"
    `)
    expect(
      await body('if (await ok($`a | b`)) await $`c`\nif (!(await ok($`d`))) await $`e`'),
    ).toMatchInlineSnapshot(`
      "if a | b; then
        c
      fi
      if ! d; then
        e
      fi"
    `)
  })
  test('retry', async () => {
    expect(
      await body(
        "await retry(60, '1s', () => $`a`)\nawait retry(3, '500ms', () => $`b`)\nawait retry(2, '1.5m', () => $`c`)",
      ),
    ).toMatchInlineSnapshot(`
      "left=60
      until a; do [ $((left-=1)) -gt 0 ]; sleep 1; done
      left=3
      until b; do [ $((left-=1)) -gt 0 ]; sleep 0.5; done
      left=2
      until c; do [ $((left-=1)) -gt 0 ]; sleep 90; done"
    `)
  })
  test('for', async () => {
    expect(await body("for (const EACH of ['app', 'a b']) { await $`a ${EACH}` }")).toMatchInlineSnapshot(`
      "for EACH in 'app' 'a b'; do
        a "$EACH"
      done"
    `)
  })
  test('fail', async () => {
    expect(await body('await $`a`\nfail("It\'s over!")')).toMatchInlineSnapshot(`
      "a
      echo $'It\\047s over\\041' >&2; exit 1"
    `)
  })
})

test('quote', () => {
  expect(
    ['', 'plain', "it's", 'a\nb7', '!', '\\', '\\\n', 'é😀', '\u202e', '$(id)'].map(quote),
  ).toMatchInlineSnapshot(`
    [
      "''",
      "'plain'",
      "$'it\\047s'",
      "$'a\\012b7'",
      "$'\\041'",
      "'\\'",
      "$'\\134\\012'",
      "'é😀'",
      "$'\\342\\200\\256'",
      "'$(id)'",
    ]
  `)
  expect(['plain/1.2:3', '', 'a b', '~', '--x=1'].map(quoteIfNeeded)).toMatchInlineSnapshot(`
    [
      "plain/1.2:3",
      "''",
      "'a b'",
      "'~'",
      "'--x=1'",
    ]
  `)
})
