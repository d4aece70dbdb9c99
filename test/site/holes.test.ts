/** A handbook with a hole is not built: each kind is made on purpose. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemsOf } from '../../src/site/check-pages.ts'
import { copyProject } from './support/project.ts'

const page = (path: string, content: string, source = content) => ({
  path,
  html: `<nav><a href="${path}" aria-current="page">x</a></nav><main>${content}</main>`,
  file: `docs${path.slice(0, -1)}.md`,
  source,
})

describe('the check of links', () => {
  test('knows pages, anchors and other files', () => {
    const pages = [
      page(
        '/a/',
        '<h2 id="here">1</h2><a href="#here">1</a><a href="/b/#it&#x27;s">2</a><a href="/f.html">3</a><a href="../b/">4</a>',
      ),
      page(
        '/b/',
        '<p id="it&#x27;s"><a href="https://example.org/gone">5</a><a href="mailto:a@example.org">6</a>',
      ),
    ]
    expect(problemsOf(pages, new Set(['/f.html']))).toEqual([])
  })

  test('names file and line, and what may have been meant', () => {
    const pages = [
      page(
        '/d/a/',
        '<a href="#gone">1</a> <a href="/d/b">2</a> <a href="/d/c/">3</a>',
        'x\n[1](#gone)\n\n[2](/d/b)',
      ),
      { ...page('/d/b/', ''), html: '<nav></nav><main></main>' },
    ]
    expect(problemsOf(pages, new Set())).toEqual([
      'docs/d/a.md:2: the link #gone leads nowhere. /d/a/ has no #gone.',
      'docs/d/a.md:4: the link /d/b leads nowhere. Addresses of pages end with a slash: /d/b/',
      'docs/d/a.md:1: the link /d/c/ leads nowhere. Expected one of: /d/a/ /d/b/',
      'docs/d/b.md:1: the page /d/b/ has no entry in the sidebar. Add one in astro.config.mjs.',
    ])
  })
})

describe('the build fails, and says where,', () => {
  const project = copyProject()
  afterAll(() => project.remove())
  const kept = new Map<string, string>()
  const change = (file: string, edit: (text: string) => string) => {
    const path = join(project.root, file)
    const text = readFileSync(path, 'utf8')
    if (!kept.has(file)) kept.set(file, text)
    writeFileSync(path, edit(text))
  }
  const lines = (file: string) => readFileSync(join(project.root, file), 'utf8').split('\n').length
  const restore = () => {
    for (const [file, text] of kept) writeFileSync(join(project.root, file), text)
  }
  const failure = () =>
    project.build().then(
      () => 'it was built',
      (error: Error) => error.message,
    )

  describe('with links', () => {
    let message: string
    let at: number
    beforeAll(async () => {
      change(
        'docs/security.mdx',
        (text) => `${text}\n[1](/deploy/tsl/)\n[2](/deploy/tls/#haeders)\n[3](/runbooks/restor/)\n`,
      )
      at = lines('docs/security.mdx') - 3
      change('runbooks/backup.ts', (text) => text.replace(/^ \*\/$/m, ' * [4](/recovery/#nothing)\n */'))
      writeFileSync(join(project.root, 'docs/lost.md'), '---\ntitle: Lost\n---\n\nNobody finds this.\n')
      message = await failure()
      restore()
      writeFileSync(join(project.root, 'docs/lost.md'), '---\ntitle: Lost\ndraft: true\n---\n')
    })

    test('to a page that is not there', () => {
      expect(message).toContain(`docs/security.mdx:${at}: the link /deploy/tsl/ leads nowhere.`)
    })
    test('to an anchor that is not there', () => {
      expect(message).toContain(`docs/security.mdx:${at + 1}: the link /deploy/tls/#haeders leads nowhere.`)
    })
    test('to a runbook that is not there', () => {
      expect(message).toContain(`docs/security.mdx:${at + 2}: the link /runbooks/restor/ leads nowhere.`)
    })
    test('from a runbook', () => {
      expect(message).toMatch(/runbooks\/backup\.ts:\d+: the link \/recovery\/#nothing leads nowhere\./)
    })
    test('and pages that nobody finds', () => {
      expect(message).toContain('docs/lost.md:1: the page /lost/ has no entry in the sidebar.')
    })
  })

  test.each([
    [
      'an excerpt that is nearly there',
      'docs/deploy/tls.mdx',
      'from="(headers) {"',
      'from="(header) {"',
      'expected one such line, found 0',
    ],
    [
      'an excerpt that is asked for with a word that it does not know',
      'docs/deploy/tls.mdx',
      'from="(headers) {"',
      'form="(headers) {"',
      '<Excerpt> takes file, title, lang, from, to, each as a text. Found: form.',
    ],
    [
      'a construct that is nearly there',
      'docs/reference/language.mdx',
      /<Construct of="[^"]+"/,
      '<Construct of="commands/a-pipelin"',
      'there is no construct commands/a-pipelin.',
    ],
    [
      'the steps of a runbook that is not there',
      'docs/architecture/index.mdx',
      '<Sequence runbook="restore"',
      '<Sequence runbook="restor"',
      'there is no runbook restor.',
    ],
  ])('with %s', async (_, file, from, to, said) => {
    change(file, (text) => text.replace(from, to))
    const line =
      readFileSync(join(project.root, file), 'utf8')
        .split('\n')
        .findIndex((text) => text.includes(to)) + 1
    expect(line).toBeGreaterThan(0)
    const message = await failure()
    restore()
    expect(message).toContain(`${file}:${line}: `)
    expect(message).toContain(said)
  })

  test('with a command in a runbook that the language does not allow', async () => {
    appendFileSync(join(project.root, 'runbooks/backup.ts'), "\nawait step('Two at once', () => $`a && b`)\n")
    expect(await failure()).toMatch(/runbooks\/backup\.ts:\d+:\d+/)
  })
})
