/** `node scripts/licences.ts`: whether every package may be used in an MIT project. Needs no network. */
import { execa } from 'execa'

const allowed = new Set([
  ...[
    '0BSD',
    'Apache-2.0',
    'Artistic-2.0',
    'BlueOak-1.0.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'CC0-1.0',
    'CC-BY-3.0',
  ],
  ...[
    'CC-BY-4.0',
    'EPL-2.0',
    'ISC',
    'MIT',
    'MIT-0',
    'MPL-2.0',
    'PSF-2.0',
    'Python-2.0',
    'Unlicense',
    'WTFPL',
    'Zlib',
  ],
])

/** Packages whose licence the list above does not settle, each with the reason why it may be used. */
const decided: [name: RegExp, why: string][] = [
  [
    /^@img\/sharp-libvips-/,
    'LGPL-3.0-or-later: a library of its own that is loaded, not built in; only tools use it',
  ],
  [/^khroma$/, 'Its package names no licence; the file in it is MIT'],
]

export interface Package {
  name: string
  licence: string
}

/** Those that may not be used. */
export function refused(packages: readonly Package[]): Package[] {
  return packages.filter(
    ({ name, licence }) => !satisfies(licence) && !decided.some(([match]) => match.test(name)),
  )
}

/** One of the alternatives must be allowed, with everything that it joins by AND. */
function satisfies(expression: string): boolean {
  const plain = expression.replaceAll(/[()]/g, '')
  return plain.split(/ OR /i).some((choice) => choice.split(/ AND /i).every((id) => allowed.has(id.trim())))
}

/** What is installed, as pnpm tells it. */
export async function installed(root: string): Promise<Package[]> {
  const { stdout } = await execa('pnpm', ['licenses', 'list', '--json'], { cwd: root, stdin: 'ignore' })
  const byLicence = JSON.parse(stdout) as Record<string, { name: string }[]>
  return Object.entries(byLicence).flatMap(([licence, packages]) =>
    packages.map(({ name }) => ({ name, licence })),
  )
}

if (import.meta.main) {
  const packages = await installed(process.cwd())
  const bad = refused(packages)
  for (const { name, licence } of bad) console.error(`${name}: ${licence}`)
  if (bad.length > 0) {
    console.error('These may not be used, or need a decision with its reason in scripts/licences.ts.')
    process.exitCode = 1
  } else console.log(`${packages.length} packages, each with a licence that may be used.`)
}
