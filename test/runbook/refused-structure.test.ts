/**
 * Everything DESIGN §3 does not allow around the commands. Most of it has no form in shell at all; where it had one
 * that misleads, a live demonstration stands in `shell-facts.test.ts`.
 */
import { describe, expect, test } from 'vitest'
import { around, inStep, problems } from './support/sources.ts'

const loaded = (sources: Record<string, string>) => ({
  load: (name: string) =>
    sources[name] ? { file: `runbooks/${name}.ts`, source: sources[name] } : undefined,
})

test('what is allowed is not refused', async () => {
  const source = inStep(
    `if (MODE === 'a') await $\`probe \${MODE}\`
     else if (!NAME) fail('No name.')
     for (const EACH of ['x', "it's"]) { await retry(3, '1s', () => $\`probe \${EACH} \${NAME}\`) }
     // A plain comment.
     if (!(await ok($\`probe\`))) { await $\`probe 2>&1 | cat > file\` }`,
    "MODE: choice('How.', ['a', 'b'], 'a'), NAME: text('A name.')",
  )
  expect(await problems(source)).toEqual([])
})

describe('the top level', () => {
  test('one import, from #runbook, by the words’ own names', async () => {
    expect(await problems('')).toMatchInlineSnapshot(`
      [
        "1:1 found an empty file; write import { $, runbook, step } from '#runbook' as the first statement",
        "1:1 found nothing; write const { NAME } = runbook({ params: { … } }), or runbook({ … })",
        "1:1 found a runbook without steps; write at least one: await step(…)",
      ]
    `)
    expect(await problems("import { $ } from 'zx'\n")).toMatchInlineSnapshot(`
      [
        "1:1 found \`import { $ } from 'zx'\`; write import { $, runbook, step } from '#runbook' as the first statement",
        "2:1 found nothing; write const { NAME } = runbook({ params: { … } }), or runbook({ … })",
        "2:1 found a runbook without steps; write at least one: await step(…)",
      ]
    `)
    expect(await problems(around("import fs from 'node:fs'"))).toMatchInlineSnapshot(`
      [
        "5:1 found \`import fs from 'node:fs'\`; write await step(…), const NAME = await step(…), await confirm(…) or await include(…)",
      ]
    `)
    expect(
      await problems(
        "import { $ as sh, runbook, step, other } from '#runbook'\n/** T */\nrunbook({})\nawait step('S', () => sh`a`)",
      ),
    ).toMatchInlineSnapshot(`
      [
        "1:10 found \`$ as sh\`; write words of the language, by their own names: $, choice, confirm, fail, flag, include, integer, moment, ok, retry, runbook, secret, step, text",
        "1:34 found \`other\`; write words of the language, by their own names: $, choice, confirm, fail, flag, include, integer, moment, ok, retry, runbook, secret, step, text",
        "4:23 found \`sh\`a\`\`; write () => $\`…\`, or async () => { … }",
      ]
    `)
    expect(
      await problems("import * as all from '#runbook'\n/** T */\nrunbook({})\nawait step('S', () => $`a`)"),
    ).toMatchInlineSnapshot(`
      [
        "1:8 found \`* as all\`; write words of the language, by their own names: $, choice, confirm, fail, flag, include, integer, moment, ok, retry, runbook, secret, step, text",
        "3:1 found \`runbook\`, which is not imported; write import { $, runbook, step } from '#runbook'",
        "4:7 found \`step\`, which is not imported; write import { $, runbook, step } from '#runbook'",
        "4:23 found \`$\`, which is not imported; write import { $, runbook, step } from '#runbook'",
      ]
    `)
  })

  test('a word that is not imported would stop the runbook only when it is reached', async () => {
    expect(
      await problems(
        "import { $, runbook, step } from '#runbook'\n/** T */\nrunbook({})\nawait step('S', async () => {\n  await retry(3, '1s', () => $`a`)\n})",
      ),
    ).toMatchInlineSnapshot(`
      [
        "5:9 found \`retry\`, which is not imported; write import { $, retry, runbook, step } from '#runbook'",
      ]
    `)
  })

  test('one runbook(), with a title above it, and at least one step', async () => {
    expect(
      await problems("import { $, step } from '#runbook'\nawait step('S', () => $`a`)"),
    ).toMatchInlineSnapshot(`
      [
        "2:1 found \`runbook()\` without a doc comment; write the title and the purpose above it: /** Restore the database … */",
        "2:1 found \`await step('S', () => $\`a\`)\`; write const { NAME } = runbook({ params: { … } }), or runbook({ … })",
        "2:28 found a runbook without steps; write at least one: await step(…)",
      ]
    `)
    expect(await problems("import { runbook } from '#runbook'\nrunbook({})")).toMatchInlineSnapshot(`
      [
        "2:1 found \`runbook()\` without a doc comment; write the title and the purpose above it: /** Restore the database … */",
        "2:12 found a runbook without steps; write at least one: await step(…)",
      ]
    `)
    expect(await problems(around('runbook({})'))).toMatchInlineSnapshot(`
      [
        "5:1 found \`runbook({})\`; write await step(…), const NAME = await step(…), await confirm(…) or await include(…)",
      ]
    `)
  })

  test('no code between the steps: the page could not show it, and a resumed run would run it again', async () => {
    for (const code of [
      "const NAME = 'x'",
      'function helper() {}',
      'console.log(1)',
      'let X = 1',
      '{ }',
      'export {}',
      'type X = 1',
      "'use strict'",
      'debugger',
      ';;',
    ]) {
      expect(await problems(around(`${code}\nawait step('S', () => $\`a\`)`)), code).toHaveLength(1)
    }
    expect(await problems(around("if (process.env.X) await step('S', () => $`a`)"))).toMatchInlineSnapshot(`
      [
        "5:1 found \`if (process.env.X) await step('S', () => $\`a\`)\`; write await step(…), const NAME = await step(…), await confirm(…) or await include(…)",
      ]
    `)
    expect(await problems(around("for (const x of [1]) await step('S', () => $`a`)"))).toHaveLength(1)
  })

  test('steps are awaited', async () => {
    expect(await problems(around("step('S', () => $`a`)"))).toMatchInlineSnapshot(`
      [
        "5:1 found \`step('S', () => $\`a\`)\`; write \`await\` before it",
      ]
    `)
    expect(await problems(around("const X = step('S', async () => (await $`a`).text())"))).toHaveLength(1)
  })

  test('titles are literal, unique, and on one line', async () => {
    expect(
      await problems(around("await step('S', () => $`a`)\nawait step('s!', () => $`b`)")),
    ).toMatchInlineSnapshot(`
      [
        "6:1 found the title "s!" a second time; write a title of its own for each step",
      ]
    `)
    expect(await problems(around("await step('S', () => $`a`)\nawait confirm('S?')"))).toHaveLength(1)
    expect(await problems(around('await step(`S`, () => $`a`)'))).toMatchInlineSnapshot(`
      [
        "5:12 found \`\`S\`\`; write the title as a plain string: 'text'",
      ]
    `)
    expect(await problems(around("await step('S' + 1, () => $`a`)"))).toHaveLength(1)
    expect(await problems(around("await step('a\\nb', () => $`a`)"))).toMatchInlineSnapshot(`
      [
        "5:12 found the title "a\\nb"; write one line of text, without spaces around it",
      ]
    `)
    expect(await problems(around("await step('', () => $`a`)"))).toHaveLength(1)
    expect(await problems(around("await step('…', () => $`a`)"))).toMatchInlineSnapshot(`
      [
        "5:12 found the title "…"; write a title with letters in it: it becomes an address",
      ]
    `)
  })

  test('a doc comment belongs to the statement on the next line', async () => {
    expect(await problems(around("/** Lost. */\n\nawait step('S', () => $`a`)"))).toMatchInlineSnapshot(`
      [
        "5:1 found a doc comment that belongs to nothing; write it directly above a step, or as a plain comment: // …",
      ]
    `)
    expect(await problems(inStep('/** Lost. */\nawait $`a`'))).toHaveLength(1)
    expect(await problems(around("await step('S', () => $`a`)\n/** Lost. */"))).toHaveLength(1)
    expect(await problems(around("/* Plain. */\n\n// Plain.\nawait step('S', () => $`a`)"))).toEqual([])
  })

  test('a file name is an address', async () => {
    const { readSource } = await import('../../src/runbook/read.ts')
    await expect(
      readSource(around("await step('S', () => $`a`)"), 'runbooks/Move Bucket.ts'),
    ).rejects.toThrow('1:1  found the file name')
  })

  test('a syntax error is one problem', async () => {
    expect(await problems(around('await step('))).toMatchInlineSnapshot(`
      [
        "6:1 found a syntax error (Expected \`)\` but found \`EOF\`); write TypeScript",
      ]
    `)
  })
})

describe('runbook()', () => {
  const head = async (call: string) =>
    problems(
      `import { $, choice, flag, integer, moment, runbook, secret, step, text } from '#runbook'\n/** T */\n${call}\nawait step('S', () => $\`a\`)`,
    )

  test('only its own options, as literals', async () => {
    expect(
      await head('runbook({ destructive: 1, other: 2, ...x, onFailure: "retry" })'),
    ).toMatchInlineSnapshot(`
      [
        "3:24 found \`1\`; write \`true\` or \`false\`",
        "3:27 found \`other\`; write only \`category\`, \`destructive\`, \`objective\`, \`onFailure\`, \`params\` in runbook()",
        "3:37 found \`...x\`; write plain properties: name: value",
        "3:54 found \`"retry"\`; write 'ask' or 'undo'",
      ]
    `)
    expect(await head("runbook({ objective: { rto: '30 min', rpo: 15 } })")).toMatchInlineSnapshot(`
      [
        "3:29 found the duration "30 min"; write a number and a unit: '75s', '30m' or '4h'",
        "3:44 found \`15\`; write a duration as a plain string: 'text'",
      ]
    `)
    expect(await head('runbook()')).toHaveLength(1)
    expect(await head('runbook(options)')).toHaveLength(1)
    expect(await head('runbook({ destructive: true, destructive: false })')).toHaveLength(1)
  })

  test('every param is taken out under its own name', async () => {
    expect(await head("runbook({ params: { A: text('A.') } })")).toMatchInlineSnapshot(`
      [
        "3:1 found other names than those of the params; write const { A } = runbook({ … })",
      ]
    `)
    expect(await head("const { A: B } = runbook({ params: { A: text('A.') } })")).toHaveLength(1)
    expect(await head("const { A = 'x' } = runbook({ params: { A: text('A.') } })")).toHaveLength(1)
    expect(await head("const { A, B } = runbook({ params: { A: text('A.') } })")).toHaveLength(1)
    expect(await head("let { A } = runbook({ params: { A: text('A.') } })")).toHaveLength(1)
  })

  test('params have a description, and a default that they themselves accept', async () => {
    const param = (value: string) => head(`const { A } = runbook({ params: { A: ${value} } })`)
    expect(await param("moment('When.', '2026-11-21 13:45')")).toMatchInlineSnapshot(`
      [
        "3:54 found a default that is not allowed: A must be a date and a time with seconds, not "2026-11-21 13:45". Example: 2026-11-21T13:45:00+01:00; write moment('What it is for.', 'default')",
      ]
    `)
    expect(await param("integer('How many.', '1.5')")).toHaveLength(1)
    expect(await param("choice('Which.', ['a', 'b'], 'c')")).toMatchInlineSnapshot(`
      [
        "3:67 found a default that is not allowed: A cannot be "c". Example: a or b; write choice('What it is for.', ['a', 'b'], 'a')",
      ]
    `)
    expect(await param("choice('Which.', [])")).toHaveLength(1)
    expect(await param("choice('Which.', ['a', 'a'])")).toHaveLength(1)
    expect(await param('text()')).toHaveLength(1)
    expect(await param("text('')")).toHaveLength(1)
    expect(await param("secret('Key.', 'hunter2')")).toMatchInlineSnapshot(`
      [
        "3:38 found \`secret('Key.', 'hunter2')\`; write secret('What it is for.')",
      ]
    `)
    expect(await param("flag('Really.', 'true')")).toHaveLength(1)
    expect(await param("'text'")).toMatchInlineSnapshot(`
      [
        "3:38 found \`'text'\`; write text(…), moment(…), choice(…), integer(…), flag(…), secret(…)",
      ]
    `)
    expect(await param("text('A.', process.env.A)")).toHaveLength(1)
  })
})

describe('inside a step', () => {
  test('only the statements that have a form in shell', async () => {
    expect(
      await problems(
        inStep("const x = 1\nconsole.log('x')\nreturn\nwhile (true) {}\ntry {} catch {}\nawait fetch('x')"),
      ),
    ).toMatchInlineSnapshot(`
      [
        "6:1 found \`const x = 1\`; write await $\`…\`, await retry(…), fail(…), if or for",
        "7:1 found \`console.log('x')\`; write await $\`…\`, await retry(…), fail(…), if or for",
        "8:1 found \`return\`; write await $\`…\`, await retry(…), fail(…), if or for",
        "9:1 found \`while (true) {}\`; write await $\`…\`, await retry(…), fail(…), if or for",
        "10:1 found \`try {} catch {}\`; write await $\`…\`, await retry(…), fail(…), if or for",
        "11:7 found \`fetch('x')\`; write await $\`…\`, await retry(…), fail(…), if or for",
      ]
    `)
  })

  test('commands and retries are awaited: what is not, never starts', async () => {
    expect(await problems(inStep("$`a`\nretry(3, '1s', () => $`a`)"))).toMatchInlineSnapshot(`
      [
        "6:1 found \`$\`a\`\`; write \`await\` before it",
        "7:1 found \`retry(3, '1s', () => $\`a\`)\`; write \`await\` before it",
      ]
    `)
    expect(await problems(inStep('if (ok($`a`)) await $`b`'))).toMatchInlineSnapshot(`
      [
        "6:5 found \`ok($\`a\`)\`; write \`await\` before it",
      ]
    `)
  })

  test('a body is one command, or an async block that is not empty', async () => {
    expect(await problems(around("await step('S', helper)"))).toMatchInlineSnapshot(`
      [
        "5:17 found \`helper\`; write () => $\`…\`, or async () => { … }",
      ]
    `)
    expect(await problems(around("await step('S', async () => {})"))).toMatchInlineSnapshot(`
      [
        "5:29 found nothing to do; write await $\`…\`, await retry(…), fail(…), if or for",
      ]
    `)
    expect(await problems(around("await step('S', async () => $`a`)"))).toHaveLength(1)
    expect(await problems(around("await step('S', (x) => $`a`)"))).toHaveLength(1)
    expect(await problems(around("await step('S', async function () { await $`a` })"))).toHaveLength(1)
    expect(await problems(around("await step('S')"))).toHaveLength(1)
    expect(await problems(inStep('if (await ok($`a`)) {} else {}'))).toHaveLength(2)
  })

  test('only zx’s own `$`', async () => {
    expect(await problems(around("await step('S', () => $.sync`a`)"))).toHaveLength(1)
    expect(await problems(around("await step('S', () => $`a`.quiet())"))).toHaveLength(1)
    expect(await problems(around("await step('S', () => $({ cwd: '/' })`a`)"))).toHaveLength(1)
  })

  test('conditions are a name, a comparison with a literal, or ok', async () => {
    const params = "A: text('A.', ''), C: choice('C.', ['x', 'y'], 'x'), S: secret('S.')"
    const condition = (text: string) => problems(inStep(`if (${text}) await $\`a\``, params))
    expect(await condition("A == 'x'")).toMatchInlineSnapshot(`
      [
        "6:5 found \`A == 'x'\`; write NAME, NAME === 'text' or await ok($\`…\`), perhaps with \`!\` before it",
      ]
    `)
    expect(await condition("A && C === 'x'")).toHaveLength(1)
    expect(await condition('A.length > 3')).toHaveLength(1)
    expect(await condition('A === C')).toHaveLength(1)
    expect(await condition("'x' === A")).toHaveLength(1)
    expect(await condition("!(A !== 'x')")).toHaveLength(1)
    expect(await condition("C === 'z'")).toMatchInlineSnapshot(`
      [
        "6:11 found 'z', which C can never be; write 'x' or 'y'",
      ]
    `)
    expect(await condition('S')).toMatchInlineSnapshot(`
      [
        "6:5 found a secret in a condition; write a param, an earlier value or the loop variable",
      ]
    `)
    expect(await condition('UNKNOWN')).toMatchInlineSnapshot(`
      [
        "6:5 found \`UNKNOWN\`; write a param, an earlier value or the loop variable",
      ]
    `)
    expect(await condition('process.env.X')).toHaveLength(1)
  })

  test('retry holds a number, a delay and exactly one command', async () => {
    expect(await problems(inStep("await retry(0, '1', () => $`a`)"))).toMatchInlineSnapshot(`
      [
        "6:13 found \`0\`; write how often to try, as a plain number: 60",
        "6:16 found the delay "1"; write a number and a unit: '1s', '500ms' or '2m'",
      ]
    `)
    expect(await problems(inStep("await retry(3, '1s', async () => { await $`a` })"))).toMatchInlineSnapshot(`
      [
        "6:22 found \`async () => { await $\`a\` }\`; write what is tried as one command: () => $\`…\`",
      ]
    `)
    expect(await problems(inStep("await retry(N, '1s', () => $`a`)"))).toHaveLength(1)
    expect(await problems(inStep('await retry(3, () => $`a`)'))).toHaveLength(1)
  })

  test('for goes over a literal list', async () => {
    expect(await problems(inStep('for (const X of LIST) await $`a`'))).toMatchInlineSnapshot(`
      [
        "6:1 found \`for (const X of LIST)\`; write for (const NAME of ['a', 'b']) { … }",
      ]
    `)
    expect(await problems(inStep("for (const X of ['a', Y]) await $`a`"))).toHaveLength(1)
    expect(await problems(inStep('for (const X of []) await $`a`'))).toHaveLength(1)
    expect(await problems(inStep("for (const X of ['a',, 'b']) await $`a`"))).toHaveLength(1)
    expect(await problems(inStep("for (let X of ['a']) await $`a`"))).toHaveLength(1)
    expect(await problems(inStep("for (const X in ['a']) await $`a`"))).toHaveLength(1)
    expect(await problems(inStep("for (const X of ['a']) await $`a`\nawait $`b ${X}`"))).toHaveLength(1)
  })

  test('fail says something that echo prints as it is', async () => {
    expect(
      await problems(inStep("fail('a\\\\nb')\nfail('-n')\nfail(A)\nfail('two\\nlines')")),
    ).toMatchInlineSnapshot(`
      [
        "6:6 found a message that \`echo\` would not print as it is; write a message without backslash and leading \`-\`",
        "7:6 found a message that \`echo\` would not print as it is; write a message without backslash and leading \`-\`",
        "8:6 found \`A\`; write the message as a plain string: 'text'",
        "9:6 found the message "two\\nlines"; write one line of text, without spaces around it",
      ]
    `)
  })

  test('a value comes from exactly one command, without unless', async () => {
    expect(await problems(around("const X = await step('S', () => $`a`)"))).toMatchInlineSnapshot(`
      [
        "5:27 found \`() => $\`a\`\`; write a value from exactly one command: async () => (await $\`…\`).text()",
      ]
    `)
    expect(
      await problems(around("const X = await step('S', async () => { return (await $`a`).text() })")),
    ).toHaveLength(1)
    expect(await problems(around("const X = await step('S', async () => (await $`a`).stdout)"))).toHaveLength(
      1,
    )
    expect(
      await problems(around("const X = await step('S', async () => (await $`a`).text().trim())")),
    ).toHaveLength(1)
    expect(
      await problems(
        around("const X = await step('S', async () => (await $`a`).text(), { unless: () => $`b` })"),
      ),
    ).toMatchInlineSnapshot(`
      [
        "5:62 found \`unless\` on a step with a value; write it without: a skipped step has no value",
      ]
    `)
    expect(await problems(around("await step('S', async () => (await $`a`).text())"))).toHaveLength(1)
    expect(
      await problems(around("const X = await step('S', async () => (await $`a ${X}`).text())")),
    ).toMatchInlineSnapshot(`
      [
        "5:52 found \`\${X}\`; write a param, an earlier value or the loop variable (there is none yet)",
      ]
    `)
  })

  test('the options of a step', async () => {
    expect(
      await problems(
        around(
          "await step('S', () => $`a`, { unless: async () => { await $`a` }, timeout: 'long', retries: 3, undo: $`a` })",
        ),
      ),
    ).toMatchInlineSnapshot(`
      [
        "5:39 found \`async () => { await $\`a\` }\`; write \`unless\` as one command: () => $\`…\`",
        "5:76 found the duration "long"; write a number and a unit: '75s', '30m' or '4h'",
        "5:84 found \`retries\`; write only \`unless\`, \`undo\`, \`timeout\` in the options of a step",
        "5:102 found \`$\`a\`\`; write () => $\`…\`, or async () => { … }",
      ]
    `)
  })
})

describe('include', () => {
  const inner =
    "import { $, runbook, secret, step, text } from '#runbook'\n/** Inner */\nconst { A, K } = runbook({ params: { A: text('A.'), K: text('K.', 'x') } })\nconst V = await step('Inner step', async () => (await $`a ${A} ${K}`).text())\n"

  test('names a runbook that exists, and sets its params', async () => {
    const options = loaded({ inner })
    expect(await problems(around("await include('inner', { A: 'x' })"), options)).toEqual([])
    expect(await problems(around("await include('other')"), options)).toMatchInlineSnapshot(`
      [
        "5:15 found the runbook \`other\`, which does not exist; write the file name of a runbook without .ts",
      ]
    `)
    expect(await problems(around("await include('inner')"), options)).toMatchInlineSnapshot(`
      [
        "5:15 found an include without A; write { A: … }",
      ]
    `)
    expect(
      await problems(around("await include('inner', { A: '', B: 'x' })"), options),
    ).toMatchInlineSnapshot(`
      [
        "5:26 found A must be given and not be empty. Example: any text; write a value that the param accepts",
        "5:33 found \`B\`; write a param of inner: A, K",
      ]
    `)
    expect(await problems(around("await include('inner', { A: UNKNOWN })"), options)).toHaveLength(2)
    expect(
      await problems(around("await include('inner', { A: S })", "S: secret('S.')"), options),
    ).toMatchInlineSnapshot(`
      [
        "5:26 found a secret for \`A\`; write secrets for secrets, and for nothing else",
      ]
    `)
    expect(
      await problems(around("await include('inner', { A: K, K: 'y' })", "K: text('K.', '')"), options),
    ).toMatchInlineSnapshot(`
      [
        "5:26 found \`K\`, which the included runbook uses as another param's name; write another name here",
      ]
    `)
  })

  test('does not come back to itself', async () => {
    const a = around("await include('b')")
    const b = around("await include('a')")
    expect(await problems(around("await include('test')"), loaded({ test: '' }))).toMatchInlineSnapshot(`
      [
        "5:15 found a circle: test → test; write an include that does not lead back here",
      ]
    `)
    expect(await problems(around("await include('a')"), loaded({ a, b }))).toMatchInlineSnapshot(`
      [
        "5:15 found a circle: test → a → b → a; write an include that does not lead back here",
      ]
    `)
  })

  test('brings no title and no value that stands here too', async () => {
    const options = loaded({ inner })
    expect(
      await problems(
        around("await step('Inner step', () => $`a`)\nawait include('inner', { A: 'x' })"),
        options,
      ),
    ).toMatchInlineSnapshot(`
      [
        "6:1 found the title "Inner step" a second time; write a title of its own for each step",
      ]
    `)
    expect(
      await problems(
        around(
          "const V = await step('S', async () => (await $`a`).text())\nawait include('inner', { A: 'x' })",
        ),
        options,
      ),
    ).toMatchInlineSnapshot(`
      [
        "6:15 found the value \`V\` of \`inner\`, a name that stands here too; write another name in one of them",
      ]
    `)
    expect(
      await problems(
        around(
          "await include('inner', { A: 'x' })\nconst V = await step('S', async () => (await $`a`).text())",
        ),
        options,
      ),
    ).toHaveLength(1)
  })

  test('problems of the included runbook are named with its own file', async () => {
    const { readSource } = await import('../../src/runbook/read.ts')
    const broken = inner.replace('a ${A} ${K}', 'a && b')
    await expect(
      readSource(around("await include('inner', { A: 'x' })"), 'runbooks/test.ts', loaded({ inner: broken })),
    ).rejects.toThrow('runbooks/inner.ts:4:59')
  })
})

test('a message shows the line, a caret under what was found, and what to write', async () => {
  const { readSource } = await import('../../src/runbook/read.ts')
  const source = inStep(
    `  await $\`probe a && probe b\`\n  await $\`${'long '.repeat(40)} ; end${' and more'.repeat(20)}\``,
  )
  const error = await readSource(source, 'runbooks/test.ts').catch((reason: unknown) => reason)
  expect((error as Error).message).toMatchInlineSnapshot(`
    "runbooks/test.ts:6:19  found two commands, joined by \`&&\`
      6 |   await $\`probe a && probe b\`
        |                   ^
      write one pipeline; a second command goes below as a command of its own

    runbooks/test.ts:7:212  found a \`;\`
      7 | …ong long long long long long long long long long  ; end and more and more and more and more and more…
        |                                                    ^
      write one pipeline; a second command goes below as a command of its own"
  `)
})
