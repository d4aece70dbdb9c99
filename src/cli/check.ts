/** `pnpm runbook check [NAME…]`: reads the sources and says what the language does not allow. */
import { UsageError } from '../run/errors.ts'
import { listRunbooks, readRunbook } from '../runbook/library.ts'
import { readArgs } from './args.ts'
import { findRoot, findRunbook } from './project.ts'
import { refuseArgs } from './refuse.ts'
import { paint } from './text.ts'

export async function check(argv: readonly string[]): Promise<number> {
  const args = readArgs(argv, { words: Number.POSITIVE_INFINITY })
  refuseArgs(args)
  const root = findRoot()
  const all = await listRunbooks(root)
  const names = args.words.length > 0 ? args.words : all
  const color = paint(process.stdout)
  let wrong = 0
  for (const name of names) {
    try {
      if (!all.includes(name)) await findRunbook(root, name)
      const { items } = await readRunbook(root, name)
      process.stdout.write(`${color('green', '✓')} ${name}  ${items.length} steps\n`)
    } catch (error) {
      if (error instanceof UsageError || !(error instanceof Error) || error.name !== 'SourceError')
        throw error
      wrong++
      process.stdout.write(`${color('red', '✗')} ${name}\n${error.message.replace(/^(?=.)/gm, '  ')}\n`)
    }
  }
  return wrong > 0 ? 1 : 0
}
