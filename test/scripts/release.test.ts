import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execaSync } from 'execa'
import { describe, expect, test, vi } from 'vitest'
import { installed, refused } from '../../scripts/licences.ts'
import { cut, problems, section } from '../../scripts/release/changelog.ts'
import { folderForEachTest } from '../support/folder.ts'

// Most of these start programs, and other tests have the machine, too.
vi.setConfig({ testTimeout: 120_000 })

const checkout = join(import.meta.dirname, '../..')
let root: string
folderForEachTest('release', (path) => {
  root = path
})

const changelog = `# Changelog

## [Unreleased]

### Fixed

- A thing
  in two lines.

## [0.1.0] - 2026-01-02

### Added

- Everything.
`

describe('the changelog', () => {
  test('of this project is in order', () => {
    const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))
    expect(problems(readFileSync(join(checkout, 'CHANGELOG.md'), 'utf8'), version)).toEqual([])
  })

  test('moves to a version, and a release’s notes are that section', () => {
    const text = cut(changelog, '0.2.0', '2026-02-03')
    expect(problems(text, '0.2.0')).toEqual([])
    expect(section(text, '0.2.0')).toBe('### Fixed\n\n- A thing\n  in two lines.')
    expect(section(text, '0.1.0')).toBe('### Added\n\n- Everything.')
    expect(text.indexOf('[Unreleased]')).toBeLessThan(text.indexOf('[0.2.0]'))
  })

  test('that cannot be cut says why', () => {
    expect(() => cut(changelog, '2', 'x')).toThrow('“2” is no version')
    expect(() => cut(changelog, '0.1.0', 'x')).toThrow('already has 0.1.0')
    expect(() => cut(cut(changelog, '0.2.0', '2026-02-03'), '0.3.0', 'x')).toThrow('Nothing is unreleased')
    expect(() => section(changelog, '9.9.9')).toThrow('no version 9.9.9. There are: 0.1.0.')
  })

  test('with something wrong is refused', () => {
    expect(problems(changelog, '0.2.0')).toEqual([
      expect.stringContaining('newest version is 0.1.0, but package.json says 0.2.0'),
    ])
    expect(problems(changelog.replace('## [Unreleased]\n', '## [0.2.0] - 2026-02-03\n'), '0.2.0')).toEqual([
      expect.stringContaining('no section “## [Unreleased]”'),
    ])
    expect(problems(changelog.replace('### Fixed', '### Fixes'), '0.1.0')).toEqual([
      expect.stringContaining('“### Fixes”'),
    ])
    expect(() => problems(changelog.replace('## [0.1.0] - 2026-01-02', '## one'), '0.1.0')).toThrow(
      'cannot be read',
    )
  })

  test('as a program: cut writes both files, notes have the commits since the version before', () => {
    writeFileSync(join(root, 'CHANGELOG.md'), changelog)
    writeFileSync(join(root, 'package.json'), '{\n  "version": "0.1.0"\n}\n')
    const git = (...args: string[]) =>
      execaSync(
        'git',
        ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'core.hooksPath=/dev/null', ...args],
        { cwd: root },
      )
    git('init', '--quiet')
    for (const subject of ['feat: first', 'fix: second'])
      git('commit', '--quiet', '--allow-empty', '--message', subject)
    git('tag', 'v0.1.0', 'HEAD^')
    const run = (...args: string[]) =>
      execaSync(process.execPath, [join(checkout, 'scripts/release/changelog.ts'), ...args], {
        cwd: root,
        reject: false,
      })
    expect(run('cut', '0.2.0').exitCode).toBe(0)
    expect(readFileSync(join(root, 'package.json'), 'utf8')).toContain('"version": "0.2.0"')
    expect(run('check').exitCode).toBe(0)
    expect(run('notes', '0.2.0').stdout).toMatch(
      /^### Fixed[\s\S]*- fix: second \([0-9a-f]+\)\n\n<\/details>$/,
    )
    expect(run('notes', '0.2.0').stdout).not.toContain('first')
    expect(run('notes', '0.9.0')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('no version 0.9.0'),
    })
  })
})

test('the offline handbook is the site, the same bytes each time', () => {
  mkdirSync(join(root, 'site/runbooks'), { recursive: true })
  for (const file of ['index.html', 'runbooks/index.html']) writeFileSync(join(root, 'site', file), file)
  const pack = (name: string) =>
    execaSync('sh', [
      join(checkout, 'scripts/release/handbook'),
      '1.2.3',
      join(root, name),
      join(root, 'site'),
    ])
  pack('one.tar.gz')
  writeFileSync(join(root, 'site/index.html'), 'index.html')
  pack('two.tar.gz')
  expect(readFileSync(join(root, 'one.tar.gz'))).toEqual(readFileSync(join(root, 'two.tar.gz')))
  const { stdout } = execaSync('tar', ['-tzf', join(root, 'one.tar.gz')])
  expect(stdout).toContain('drillbook-handbook-1.2.3/site/runbooks/index.html')
  const missing = execaSync('sh', [join(checkout, 'scripts/release/handbook'), '1', 'x', root], {
    reject: false,
  })
  expect(missing.stderr).toContain('Build it first')
})

test('images are pushed under the version, and named by digest', () => {
  writeFileSync(
    join(root, 'docker'),
    `#!/bin/sh
echo "$*" >>'${root}/log'
case $1 in image) echo "elsewhere/x@sha256:0"; for last; do :; done; echo "\${last%:*}@sha256:abc" ;; esac
`,
  )
  chmodSync(join(root, 'docker'), 0o755)
  const env = { PATH: `${root}:${process.env['PATH']}` }
  const { stdout } = execaSync(
    'sh',
    [join(checkout, 'scripts/release/publish-images'), 'host/Ada', '1.2.3'],
    { env },
  )
  const names = stdout.split('\n')
  expect(names).toHaveLength(8)
  expect(names[0]).toBe('host/ada/drillbook-app@sha256:abc')
  const compose = readFileSync(join(checkout, 'stack/compose.yaml'), 'utf8')
  const used = [...compose.matchAll(/drillbook\/([a-z]+):/g)].map(([, name]) => name)
  expect(names.map((name) => name.replace(/.*drillbook-|@.*/g, ''))).toEqual([...new Set(used)].sort())
})

test('every package has a licence that may be used; others are refused', async () => {
  const packages = await installed(checkout)
  expect(packages.length).toBeGreaterThan(300)
  expect(refused(packages)).toEqual([])
  const licences = ['GPL-3.0', 'MIT AND GPL-3.0', 'Unknown', 'MIT OR GPL-3.0', '(MPL-2.0 OR Apache-2.0)']
  expect(refused(licences.map((licence) => ({ name: 'x', licence }))).map(({ licence }) => licence)).toEqual(
    licences.slice(0, 3),
  )
})
