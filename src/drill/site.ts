/** The site that the shell rendition is taken from, built from what is in the checkout now. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'

/** Builds the site, unless it is younger than everything that it is made from. */
export async function ensureSite(root: string): Promise<void> {
  const built = statSync(join(root, 'dist', 'runbooks'), { throwIfNoEntry: false })
  const sources = [
    '.github',
    'runbooks',
    'src',
    'docs',
    'stack',
    'astro.config.mjs',
    'ec.config.mjs',
    'package.json',
  ]
  if (!built || sources.some((source) => newest(join(root, source)) > built.mtimeMs)) await buildSite(root)
}

/** Builds the site with the evidence that has just been written. Rejects with the end of what the build printed. */
export async function buildSite(root: string): Promise<void> {
  const astro = join(root, 'node_modules', 'astro', 'bin', 'astro.mjs')
  const built = await execa(process.execPath, [astro, 'build'], {
    cwd: root,
    // Not Vitest's: with its DEV and NODE_ENV the site is built without its search.
    extendEnv: false,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      SITE_URL: process.env['SITE_URL'],
      ASTRO_TELEMETRY_DISABLED: '1',
      NO_COLOR: '1',
    },
    stdin: 'ignore',
    all: true,
    reject: false,
    timeout: 300_000,
  })
  if (built.exitCode !== 0) {
    throw new Error(`The site could not be built:\n${(built.all ?? '').split('\n').slice(-30).join('\n')}`)
  }
}

/** When the youngest file below a path was changed. */
function newest(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats?.isDirectory()) return stats?.mtimeMs ?? 0
  const names = readdirSync(path).filter((name) => name !== 'node_modules' && name !== 'dist')
  return Math.max(0, ...names.map((name) => newest(join(path, name))))
}
