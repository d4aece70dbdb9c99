/** Another checkout of the project: what playing needs, copied; what it does not change, linked. */
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Copies the checkout at `root`, with these environments, and without anything that runs have left there. What an
 * operator brings along lies beside the environment's file: `NAME.kit.key`.
 */
export function copyCheckout(root: string, copy: string, environments: readonly string[]): void {
  mkdirSync(join(copy, 'environments'), { recursive: true })
  for (const path of ['runbooks', 'scripts', 'stack', 'src', 'test/drills', 'package.json']) {
    cpSync(join(root, path), join(copy, path), {
      recursive: true,
      force: true,
      filter: (source) => !/node_modules|\/\./.test(source.slice(root.length)),
    })
  }
  for (const name of environments) {
    const files = readdirSync(join(root, 'environments')).filter((file) => file.startsWith(`${name}.`))
    for (const file of files) cpSync(join(root, 'environments', file), join(copy, 'environments', file))
  }
  rmSync(join(copy, 'node_modules'), { force: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
}
