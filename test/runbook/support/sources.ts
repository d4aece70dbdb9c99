/** Sources for tests of the reader, and its answers in one line each. */
import type { Statement, Step } from '../../../src/runbook/document.ts'
import { SourceError } from '../../../src/runbook/errors.ts'
import { type ReadOptions, readSource } from '../../../src/runbook/read.ts'

const IMPORT =
  "import { $, choice, confirm, fail, flag, include, integer, moment, ok, retry, runbook, secret, step, text } from '#runbook'"

/** A runbook around what is tested, which begins on line 5. */
export function around(items: string, params = ''): string {
  const names = Array.from(params.matchAll(/\b([A-Za-z_]\w*):/g), ([, name]) => name)
  const head =
    names.length > 0 ? `const { ${names.join(', ')} } = runbook({ params: { ${params} } })` : 'runbook({})'
  return `${IMPORT}\n\n/** Title */\n${head}\n${items}\n`
}

/** A runbook of one step with this body, which begins on line 6. */
export function inStep(body: string, params?: string): string {
  return around(`await step('Step', async () => {\n${body}\n})`, params)
}

/** What the reader refuses: `line:column found … write …`; empty if it refuses nothing. */
export async function problems(source: string, options: ReadOptions = {}): Promise<string[]> {
  try {
    await readSource(source, 'runbooks/test.ts', options)
    return []
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    return error.problems.map(
      ({ line, column, found, expected }) => `${line}:${column} found ${found}; write ${expected}`,
    )
  }
}

/** The problems of one command: columns count from its first character. */
export async function commandProblems(
  command: string,
  params = "P: text('A param.', '')",
): Promise<string[]> {
  const found = await problems(inStep(`await $\`${command}\``, params))
  return found.map((problem) => problem.replace(/^6:(\d+)/, (_, column) => `at ${Number(column) - 8}`))
}

/** The statements of the only step. */
export async function statements(body: string, params?: string): Promise<Statement[]> {
  const { items } = await readSource(inStep(body, params), 'runbooks/test.ts')
  return (items[0] as Step).body
}
