/** Another checkout of the project: what playing needs, copied; what it does not change, linked. */
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Copies the checkout at `root`, with these environments, and without anything that runs have left there. */
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
    cpSync(join(root, 'environments', `${name}.env`), join(copy, 'environments', `${name}.env`))
  }
  rmSync(join(copy, 'node_modules'), { force: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
}
