/**
 * What journal, redaction, target journal and display cost beyond zx itself, per command and in memory. Bare zx and
 * the runner take turns; the target is the unit tests' stand-in, so that no engine's own time is in it.
 *
 *     node scripts/bench/overhead.ts [ROUNDS] [COMMANDS]     one JSON object on standard output
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { project, source } from '../../test/cli/project.ts'

const [rounds = 5, commands = 40] = process.argv.slice(2).map(Number)
const limits = { milliseconds: 25, mebibytes: 60 }

const bare = `import { $ } from 'zx/core'
const run = $({ shell: 'bash', prefix: 'set -euo pipefail; ', postfix: '', quote: String, quiet: true, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
const starts = []
for (let n = 0; n < ${commands}; n++) {
  starts.push(performance.now())
  await run(['echo hello'])
}
console.log(JSON.stringify(starts))
`
const memory = `import { writeFileSync } from 'node:fs'
process.on('exit', () => writeFileSync('memory', String(process.resourceUsage().maxRSS)))
`

using p = project({
  try: source(
    `await step('Many', async () => {\n  for (const N of [${Array.from({ length: commands }, (_, n) => `'${n}'`).join(', ')}]) {\n    await $\`echo hello\`\n  }\n})`,
  ),
})
p.write('bare.ts', bare)
p.write('memory.mjs', memory)

const env = { ...process.env, PATH: `${join(p.root, 'bin')}:${process.env.PATH}`, CI: '1' }
const node = (...args: string[]) => {
  const options = { cwd: p.root, env, encoding: 'utf8', timeout: 120_000 } as const
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', './memory.mjs', ...args],
    options,
  )
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}${stdout}`)
  return { stdout, mebibytes: Number(readFileSync(join(p.root, 'memory'), 'utf8')) / 1024 }
}

const zx: Measured = { milliseconds: [], mebibytes: [] }
const runner: Measured = { milliseconds: [], mebibytes: [] }
for (let round = 0; round < rounds; round++) {
  const plain = node('bare.ts')
  add(zx, JSON.parse(plain.stdout), plain.mebibytes)
  const played = node('src/cli/main.ts', 'try', '--on', 'sandbox')
  const starts = p
    .journal()
    .flatMap((event) => (event.event === 'command-start' ? [Date.parse(event.at)] : []))
  add(runner, starts, played.mebibytes)
}

interface Measured {
  milliseconds: number[]
  mebibytes: number[]
}

/** The first command of a process loads what it needs. */
function add(measured: Measured, starts: number[], mebibytes: number): void {
  measured.milliseconds.push(...starts.slice(2).map((at, index) => at - (starts[index + 1] ?? at)))
  measured.mebibytes.push(mebibytes)
}

function spread(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (part: number) => round(sorted[Math.round(part * (sorted.length - 1))] ?? Number.NaN)
  return { median: at(0.5), p10: at(0.1), p90: at(0.9), n: sorted.length }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

const result = {
  commands: { zx: spread(zx.milliseconds), runner: spread(runner.milliseconds) },
  memory: { zx: spread(zx.mebibytes), runner: spread(runner.mebibytes) },
}
const overhead = {
  milliseconds: round(result.commands.runner.median - result.commands.zx.median),
  /** Of the quickest tenth of both: what is left of it while other work has the machine. */
  atBest: round(result.commands.runner.p10 - result.commands.zx.p10),
  mebibytes: round(result.memory.runner.median - result.memory.zx.median),
}
const within = overhead.milliseconds <= limits.milliseconds && overhead.mebibytes <= limits.mebibytes
const machine = { cpus: cpus().length, load: round(loadavg()[0] ?? 0), node: process.version }
process.stdout.write(`${JSON.stringify({ overhead, limits, within, ...result, machine }, null, 2)}\n`)
process.exitCode = within ? 0 : 1
