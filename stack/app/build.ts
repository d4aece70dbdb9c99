import { cp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/**
 * Writes app.mjs and migrations/ into the folder given as argument, or into dist/ here. The same sources and packages
 * give the same bytes on every machine.
 */
const target = resolve(process.argv[2] ?? here('./dist'))

await rm(target, { recursive: true, force: true })
await build({
  // Paths in the output are relative to this folder, not to where the command was typed.
  absWorkingDir: here('../..'),
  entryPoints: [here('./src/main.ts')],
  outfile: join(target, 'app.mjs'),
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
  // Loads migrations written in TypeScript; ours are SQL.
  alias: { jiti: here('./src/no-jiti.ts') },
  // The native driver of pg is not used; it is loaded only when asked for.
  external: ['pg-native'],
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
})
await cp(here('./migrations'), join(target, 'migrations'), { recursive: true })
