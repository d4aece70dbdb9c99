import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execaSync } from 'execa'
import { expect, test } from 'vitest'
import { addProcess, judged, readLcov, type Script, summary } from '../../scripts/coverage.ts'

const source = `export function ask(x: number): string {
  if (x > 1) {
    return 'more'
  }
  return 'less'
}

export const never = () => 'never'
if (process.argv[2]) console.log(ask(Number(process.argv[2])))
`
const lcov = ['SF:src/run/ask.ts', 'DA:2,0', 'DA:3,0', 'DA:5,0', 'DA:8,0', 'DA:9,1', 'end_of_record'].join(
  '\n',
)

test('a line counts if a process of its own ran it, and only then', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'drillbook-coverage-')))
  try {
    mkdirSync(join(root, 'src/run'), { recursive: true })
    writeFileSync(join(root, 'src/run/ask.ts'), source)
    writeFileSync(join(root, 'package.json'), '{"type":"module"}')
    execaSync(process.execPath, ['src/run/ask.ts', '0'], {
      cwd: root,
      env: { NODE_V8_COVERAGE: join(root, 'raw') },
    })
    const files = readLcov(lcov)
    for (const name of readdirSync(join(root, 'raw'))) {
      const { result } = JSON.parse(readFileSync(join(root, 'raw', name), 'utf8')) as { result: Script[] }
      for (const script of result) addProcess(files, script, root, () => source)
    }
    const run = [...(files.get('src/run/ask.ts') ?? [])].flatMap(([line, count]) => (count > 0 ? [line] : []))
    expect(run).toEqual([2, 5, 8, 9])
    expect(summary(files)).toEqual([
      { name: 'src/run', lines: 5, run: 4, percent: 80 },
      { name: 'src', lines: 5, run: 4, percent: 80 },
    ])
  } finally {
    rmSync(root, { recursive: true })
  }
})

test('a run is judged by what it can run', () => {
  const part = (name: string, lines: number, run: number) => ({ name, lines, run, percent: 0 })
  const parts = [
    part('src/drill', 100, 0),
    part('src/run', 100, 90),
    part('src/site', 100, 50),
    part('src', 300, 140),
  ]
  expect(judged(parts, ['unit'])).toMatchObject({ lines: 100, percent: 90 })
  expect(judged(parts, ['unit', 'site'])).toMatchObject({ lines: 200, percent: 70 })
  expect(judged(parts, ['unit', 'site', 'drill'])).toMatchObject({
    name: 'src/drill, src/run, src/site',
    lines: 300,
  })
})
