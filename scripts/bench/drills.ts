/**
 * What a test run's share of the drills costs: wall time, and the most memory of the machine that was in use at once beyond
 * what was in use before. Rows for `pnpm bench` as JSON on standard output.
 */

import { readFileSync } from 'node:fs'
import { execa } from 'execa'
import { root, timed } from './on-stack.ts'
import { rowsOf } from './result.ts'

/** In MiB, of the whole machine: containers are not this process's children. */
function used(): number {
  const of = (name: string) =>
    Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(readFileSync('/proc/meminfo', 'utf8'))?.[1])
  return (of('MemTotal') - of('MemAvailable')) / 1024
}

const before = used()
let most = 0
const watch = setInterval(() => {
  most = Math.max(most, used() - before)
}, 1000)
const seconds = await timed(() =>
  execa('pnpm', ['exec', 'vitest', 'run', '--project', 'drill*'], {
    cwd: root,
    stdin: 'ignore',
    stdout: process.stderr,
    stderr: 'inherit',
  }),
)
clearInterval(watch)
console.log(
  JSON.stringify([
    ...rowsOf({ 'each runbook in one rendition, with one twin': [seconds] }, 's'),
    ...rowsOf({ 'memory, at most': [most] }, 'MiB'),
  ]),
)
