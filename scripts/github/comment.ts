/**
 * One comment on a pull request, written again whenever it changes: `KEY` says which.
 *
 *     node scripts/github/comment.ts NUMBER KEY <TEXT.md
 *
 * Needs GITHUB_TOKEN and GITHUB_REPOSITORY. Exit codes: 0 written · 1 not written · 2 usage
 */
import { text } from 'node:stream/consumers'
import { accessFrom, type GitHub, github } from './client.ts'

export async function writeComment(hub: GitHub, number: number, key: string, body: string): Promise<string> {
  const marker = `<!-- drillbook-comment: ${key} -->`
  const wanted = `${marker}\n\n${body.trim()}`
  const known = (await hub.comments(number)).find((each) => each.body?.startsWith(marker))
  if (known?.body === wanted) return 'nothing has changed'
  if (known) await hub.updateComment(known.id, wanted)
  else await hub.addComment(number, wanted)
  return known ? 'written again' : 'written'
}

if (import.meta.main) {
  const [number = '', key = ''] = process.argv.slice(2)
  if (!/^\d+$/.test(number) || !/^[a-z-]+$/.test(key)) {
    process.stderr.write('Usage: node scripts/github/comment.ts NUMBER KEY <TEXT.md\n')
    process.exit(2)
  }
  try {
    const hub = github(accessFrom(process.env))
    const said = await writeComment(hub, Number(number), key, await text(process.stdin))
    process.stdout.write(`The comment on #${number}: ${said}.\n`)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exitCode = 1
  }
}
