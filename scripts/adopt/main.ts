/**
 * Turns a fresh clone into the beginning of your own handbook: takes out the runbooks that address services which your
 * system does not have, and puts in one to begin with. Only files that git has are removed.
 *
 *     pnpm exec node scripts/adopt/main.ts --without db,pooler [--name our-handbook] [--dry-run]
 *
 * Exit codes: 0 done · 1 refused · 2 usage
 */
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { listRunbooks, readRunbook } from '../../src/runbook/library.ts'
import { addressed, type Use } from '../../src/site/addressed.ts'

const FIRST = 'restart'

export interface Plan {
  remain: string[]
  /** Those that go, each with the first command that addresses what is not there. */
  go: { name: string; use: Use }[]
  /** Lines of the docs that link to a page that goes: `docs/index.mdx:12`. */
  links: string[]
}

export async function plan(root: string, without: readonly string[]): Promise<Plan> {
  const result: Plan = { remain: [], go: [], links: [] }
  for (const name of await listRunbooks(root)) {
    const uses = addressed(await readRunbook(root, name))
    const [use] = without.flatMap((service) => uses.get(service) ?? [])
    if (use) result.go.push({ name, use })
    else result.remain.push(name)
  }
  const gone = result.go.map(({ name }) => `/runbooks/${name}/`)
  const docs = (await git(root, 'ls-files', 'docs')).split('\n').filter((file) => /\.mdx?$/.test(file))
  for (const file of docs) {
    for (const [index, line] of readFileSync(join(root, file), 'utf8').split('\n').entries()) {
      if (gone.some((page) => line.includes(page))) result.links.push(`${file}:${index + 1}`)
    }
  }
  return result
}

export async function adopt(root: string, { go }: Plan, name?: string): Promise<void> {
  if ((await git(root, 'status', '--porcelain')) !== '')
    throw new Error(
      'This checkout has changes that are not committed. Commit them, so that you can go back, and try again.',
    )
  for (const { name: runbook } of go) {
    for (const file of [
      `runbooks/${runbook}.ts`,
      `test/drills/${runbook}.drill.ts`,
      `evidence/${runbook}.json`,
      `evidence/${runbook}.cast`,
    ])
      rmSync(join(root, file), { force: true })
  }
  if (!existsSync(join(root, `runbooks/${FIRST}.ts`)))
    cpSync(join(import.meta.dirname, 'template'), root, { recursive: true })
  if (!name) return
  const file = join(root, 'package.json')
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(/^ {2}"name": ".*"/m, `  "name": ${JSON.stringify(name)}`),
  )
}

async function git(root: string, ...args: string[]): Promise<string> {
  return (await execa('git', args, { cwd: root })).stdout
}

async function main(root: string): Promise<number> {
  const { values } = parseArgs({
    options: { without: { type: 'string' }, name: { type: 'string' }, 'dry-run': { type: 'boolean' } },
  })
  if (values.without === undefined || (values.name !== undefined && !/^[a-z][a-z0-9-]*$/.test(values.name))) {
    console.error(
      'Usage: pnpm exec node scripts/adopt/main.ts --without SERVICE,… [--name our-handbook] [--dry-run]',
    )
    return 2
  }
  const planned = await plan(root, values.without.split(',').filter(Boolean))
  for (const name of planned.remain) console.log(`remains  ${name}`)
  for (const { name, use } of planned.go) console.log(`goes     ${name}: ${use.command}   (${use.step})`)
  console.log(`comes    ${FIRST}`)
  for (const link of planned.links) console.log(`look at  ${link}: it links to a page that goes`)
  if (values['dry-run']) return 0
  await adopt(root, planned, values.name)
  console.log('\nDone; nothing is committed. Next: pnpm runbook check')
  return 0
}

if (import.meta.main) {
  process.exitCode = await main(process.cwd()).catch((error: Error) => {
    console.error(error.message)
    return 1
  })
}
