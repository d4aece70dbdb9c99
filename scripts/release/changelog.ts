/**
 * The changelog is written by people, in the change that it is about; a release only moves it.
 *
 *     node scripts/release/changelog.ts check           it can be read, has [Unreleased], and agrees with package.json
 *     node scripts/release/changelog.ts cut 0.2.0       [Unreleased] becomes 0.2.0, in CHANGELOG.md and package.json
 *     node scripts/release/changelog.ts notes 0.2.0     what the release's page says: its section, then its commits
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { type Changelog, parser } from 'keep-a-changelog'

const HEADING = '## [Unreleased]\n'
const kinds = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security']

/** What is wrong with it; nothing if all is well. */
export function problems(text: string, version: string): string[] {
  const found: string[] = []
  const wrong = [...text.matchAll(/^### (.*)$/gm)]
    .map(([, kind = '']) => kind)
    .filter((kind) => !kinds.includes(kind))
  if (wrong.length > 0) return [`“### ${wrong[0]}” is no kind of change. There are: ${kinds.join(', ')}.`]
  const changelog = read(text)
  if (!text.includes(HEADING)) found.push('There is no section “## [Unreleased]” for what comes next.')
  const [newest] = released(changelog)
  if (newest && newest !== version)
    found.push(
      `Its newest version is ${newest}, but package.json says ${version}. Write both with: cut VERSION`,
    )
  return found
}

/** The changelog with everything unreleased under a version. Throws if that version cannot be. */
export function cut(text: string, version: string, day: string): string {
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    throw new Error(`“${version}” is no version. A good one: 0.2.0`)
  const changelog = read(text)
  if (released(changelog).includes(version)) throw new Error(`CHANGELOG.md already has ${version}.`)
  const unreleased = changelog.releases.find((release) => !release.version)
  if (!unreleased || unreleased.isEmpty())
    throw new Error('Nothing is unreleased: CHANGELOG.md has nothing to say.')
  return text.replace(HEADING, `${HEADING}\n## [${version}] - ${day}\n`)
}

/** A version's section, without its heading. Throws if there is none. */
export function section(text: string, version: string): string {
  const start = text.indexOf(`## [${version}] - `)
  if (start === -1)
    throw new Error(
      `CHANGELOG.md has no version ${version}. There are: ${released(read(text)).join(', ') || 'none yet'}.`,
    )
  const body = text.slice(text.indexOf('\n', start) + 1)
  return (body.split(/^(?:## |\[.*\]: )/m)[0] ?? '').trim()
}

function released({ releases }: Changelog): string[] {
  return releases.flatMap(({ version }) => version ?? [])
}

function read(text: string): Changelog {
  try {
    return parser(text)
  } catch (error) {
    throw new Error(`CHANGELOG.md cannot be read: ${(error as Error).message}`)
  }
}

/** The commits since the version before, newest first. */
async function commits(root: string, version: string): Promise<string> {
  const git = async (...args: string[]) =>
    (await execa('git', args, { cwd: root, reject: false })).stdout.trim()
  const to = (await git('rev-parse', '--verify', '--quiet', `v${version}^{commit}`)) || 'HEAD'
  const since = await git('describe', '--tags', '--abbrev=0', '--match', 'v*', `${to}^`)
  return git('log', '--no-merges', '--format=- %s (%h)', since ? `${since}..${to}` : to)
}

async function main(root: string, [command, version = '']: string[]): Promise<number> {
  const file = join(root, 'CHANGELOG.md')
  const text = readFileSync(file, 'utf8')
  const manifest = readFileSync(join(root, 'package.json'), 'utf8')
  const { version: current } = JSON.parse(manifest) as { version: string }
  if (command === 'check') {
    const found = problems(text, current)
    for (const problem of found) console.error(`CHANGELOG.md: ${problem}`)
    return found.length > 0 ? 1 : 0
  }
  if (command === 'cut') {
    const fresh = cut(text, version, new Date().toISOString().slice(0, 10))
    writeFileSync(file, fresh)
    writeFileSync(
      join(root, 'package.json'),
      manifest.replace(`"version": "${current}"`, `"version": "${version}"`),
    )
    console.log(
      `Cut ${version}. Next: git commit -am 'chore(release): ${version}' && git tag v${version} && git push --follow-tags`,
    )
    return 0
  }
  if (command === 'notes') {
    console.log(
      `${section(text, version)}\n\n<details><summary>Commits</summary>\n\n${await commits(root, version)}\n\n</details>`,
    )
    return 0
  }
  console.error('Usage: node scripts/release/changelog.ts check | cut VERSION | notes VERSION')
  return 2
}

if (import.meta.main) {
  process.exitCode = await main(process.cwd(), process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message)
    return 1
  })
}
