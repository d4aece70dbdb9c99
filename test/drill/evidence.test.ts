import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fingerprint } from '../../src/evidence/fingerprint.ts'
import { ofCompose, ofDockerfile } from '../../src/evidence/parts.ts'
import type { Evidence } from '../../src/evidence/schema.ts'
import { standing } from '../../src/evidence/state.ts'
import { evidenceFile, readEvidence, writeEvidence } from '../../src/evidence/store.ts'
import type { Document, Step } from '../../src/runbook/document.ts'

const position = { file: 'runbooks/mend.ts', line: 1, column: 1 }

function mend(): Document & { items: [Step] } {
  return {
    name: 'mend',
    file: 'runbooks/mend.ts',
    source: '…',
    title: 'Mend it',
    prose: 'Mends what is broken.',
    category: 'recovery',
    destructive: true,
    objective: { rto: '30m' },
    onFailure: 'ask',
    params: [{ name: 'PART', kind: 'text', description: 'Which part.', default: '', position }],
    items: [
      {
        type: 'step',
        title: 'Stop it',
        slug: 'stop-it',
        prose: 'It stops.',
        body: [
          {
            type: 'command',
            command: { pieces: [{ type: 'text', text: 'docker compose stop app' }], position },
          },
        ],
        position,
      },
    ],
  }
}

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'evidence-'))
  mkdirSync(join(root, 'stack/app/node_modules/x'), { recursive: true })
  mkdirSync(join(root, 'scripts'))
  writeFileSync(join(root, 'stack/compose.yaml'), 'services: {}\n')
  writeFileSync(join(root, 'scripts/enter'), ':\n')
})

afterEach(() => rmSync(root, { recursive: true }))

describe('the fingerprint', () => {
  test('changes with a command, a retry, a param or a title of a step', () => {
    const base = fingerprint(root, mend())
    const changes: ((document: Document & { items: [Step] }) => void)[] = [
      ({ items: [step] }) => step.body.pop(),
      ({ items: [step] }) => {
        step.body = [{ type: 'fail', message: 'no', position }]
      },
      ({ items: [step] }) => {
        step.title = 'Stop everything'
      },
      ({ params }) => params.push({ name: 'MORE', kind: 'flag', description: '', position }),
    ]
    for (const change of changes) {
      const document = mend()
      change(document)
      expect(fingerprint(root, document)).not.toBe(base)
    }
  })

  test('does not change with prose, descriptions or places in the file', () => {
    const base = fingerprint(root, mend())
    const document = mend()
    document.title = 'Mend all of it'
    document.prose = 'Better words.'
    document.source = '// more comments'
    document.items[0].prose = 'It stops at once.'
    document.items[0].position = { ...position, line: 40 }
    for (const param of document.params) param.description = 'The part.'
    expect(fingerprint(root, document)).toBe(base)
  })

  test('changes with a file of the stack, but not with its documentation or build output', () => {
    const base = fingerprint(root, mend())
    writeFileSync(join(root, 'stack/README.md'), '# The stack\n')
    writeFileSync(join(root, 'stack/app/node_modules/x/index.js'), '1\n')
    expect(fingerprint(root, mend())).toBe(base)
    writeFileSync(join(root, 'stack/compose.yaml'), 'services: { app: {} }\n')
    const withApp = fingerprint(root, mend())
    expect(withApp).not.toBe(base)
    writeFileSync(join(root, 'scripts/enter'), 'true\n')
    expect(fingerprint(root, mend())).not.toBe(withApp)
  })

  test('changes with a program only if the runbook can come to it', () => {
    const programs = join(root, 'stack/images/toolbox/bin')
    mkdirSync(programs, { recursive: true })
    const write = (name: string, text: string) => writeFileSync(join(programs, name), text)
    const prints = () => {
      const comesTo = mend()
      comesTo.items[0].title = 'stop-all'
      return [fingerprint(root, comesTo), fingerprint(root, mend())]
    }
    write('stop-all', 'stop-one app\n')
    write('stop-one', 'kill $1\n')
    const [named, other] = prints()
    // Reached by way of another program.
    write('stop-one', 'kill -9 $1\n')
    const [changed, same] = prints()
    expect(changed).not.toBe(named)
    expect(same).toBe(other)
    // What the stack itself names counts for all.
    writeFileSync(join(root, 'stack/compose.yaml'), 'services: { app: { command: stop-one } }\n')
    const [, before] = prints()
    write('stop-one', 'kill -15 $1\n')
    expect(prints()[1]).not.toBe(before)
    // A part of a name is no name.
    const [, whole] = prints()
    write('stop-a', 'true\n')
    expect(prints()[1]).toBe(whole)
  })

  test('changes with what watches the system only if the runbook asks it', () => {
    const rules = join(root, 'stack/images/monitoring/rules')
    const programs = join(root, 'stack/images/toolbox/bin')
    for (const folder of [rules, programs]) mkdirSync(folder, { recursive: true })
    const prints = () => {
      const asks = mend()
      asks.items[0].title = 'ask-metrics'
      return [fingerprint(root, asks), fingerprint(root, mend())]
    }
    writeFileSync(join(programs, 'ask-metrics'), 'curl http://prometheus:9090/\n')
    writeFileSync(join(rules, 'room.yaml'), 'above: 80\n')
    const [asking, other] = prints()
    writeFileSync(join(rules, 'room.yaml'), 'above: 90\n')
    const [changed, same] = prints()
    expect(changed).not.toBe(asking)
    expect(same).toBe(other)
    // Who calls a program of its image asks it, too.
    const own = join(root, 'stack/images/monitoring/bin')
    mkdirSync(own)
    rmSync(join(programs, 'ask-metrics'))
    writeFileSync(join(own, 'ask-metrics'), 'true\n')
    const [calling] = prints()
    writeFileSync(join(rules, 'room.yaml'), 'above: 80\n')
    expect(prints()[0]).not.toBe(calling)
  })

  test.each([
    ['the image of what watches', (text: string) => text.replace('image: seen', 'image: changed')],
    ['a volume that only it mounts', (text: string) => text.replace('figures: {}', 'figures: { driver: x }')],
    ['where a log goes', (text: string) => text.replace('driver: json-file', 'driver: local')],
    ['a comment', (text: string) => text.replace('# Of the system', '# Of all')],
  ])('changes with %s in the compose file only if the runbook asks it', (_, change) => {
    expect(ofCompose(change(compose)).system).toBe(ofCompose(compose).system)
  })

  test.each([
    ['an image', (text: string) => text.replace('image: app', 'image: changed')],
    ['a setting that all share', (text: string) => text.replace('init: true', 'init: false')],
    ['a volume that others mount, too', (text: string) => text.replace('data: {}', 'data: { driver: x }')],
    ['a network', (text: string) => text.replace('inner: {}', 'inner: { internal: true }')],
  ])('changes with %s in the compose file', (_, change) => {
    expect(ofCompose(change(compose)).system).not.toBe(ofCompose(compose).system)
  })

  test('takes the stage of what watches out of the Dockerfile', () => {
    const app = 'FROM base AS app\nRUN install-app\n'
    const after = 'FROM base AS pebble\nRUN install-pebble\n'
    const watching = 'FROM base AS monitoring\nRUN install-prometheus\n'
    expect(ofDockerfile(app + watching + after)).toEqual({ system: app + after, watching })
  })
})

const compose = `
x-service: &service
  init: true
  logging: { driver: json-file }
services:
  # Of the system.
  app: { <<: *service, image: app, volumes: ['data:/data'] }
  watcher:
    <<: *service
    image: seen
    profiles: [monitoring]
    volumes: ['data:/data:ro', 'figures:/figures']
networks:
  inner: {}
volumes:
  data: {}
  figures: {}
`

const green: Omit<Evidence, 'seal'> = {
  schema: 1,
  runbook: 'mend',
  fingerprint: 'f1',
  result: 'passed',
  commit: null,
  finished: '2026-11-21T12:00:00.000Z',
  machine: { cpus: 2, memoryBytes: 4, platform: 'linux' },
  versions: { postgres: '17.6' },
  images: {},
  plays: [
    {
      scenario: 'It broke',
      rendition: 'script',
      result: 'passed',
      rto: 3.5,
      rpo: 0,
      discarded: null,
      rows: { acknowledged: 5, compared: 5, missing: 0, unexpected: 0 },
      objects: null,
      databaseBytes: 1,
      steps: [],
    },
  ],
  twins: [],
  run: 'r',
  journal: 'j',
}

describe('the state of evidence', () => {
  const state = (print = 'f1') => standing(readEvidence(root, 'mend'), print)

  test('is missing, proven, stale or failed', () => {
    expect(state().state).toBe('missing')
    writeEvidence(root, green)
    expect(state()).toEqual({
      state: 'proven',
      reason: 'The last drill on 2026-11-21 proved exactly this runbook.',
    })
    expect(state('f2').state).toBe('stale')
    const [play] = green.plays
    if (!play) throw new Error('no play')
    writeEvidence(root, {
      ...green,
      result: 'failed',
      plays: [{ ...play, result: 'failed', reason: '3 rows are missing' }],
    })
    expect(state('f2')).toEqual({
      state: 'failed',
      reason: 'The last drill on 2026-11-21 failed: It broke (script): 3 rows are missing',
    })
  })

  test.each([
    ['a better figure', (text: string) => text.replace('"rto": 3.5', '"rto": 1.5')],
    ['a later date', (text: string) => text.replace('2026-11-21', '2026-11-22')],
    ['an added key', (text: string) => text.replace('"runbook"', '"note": "fine", "runbook"')],
    ['a fingerprint of today', (text: string) => text.replace('"f1"', '"f2"')],
    ['half a file', (text: string) => text.slice(0, 200)],
    ['a missing result', (text: string) => text.replace(/"result": "passed",?/, '')],
  ])('detects an edit by hand: %s', (_, edit) => {
    writeEvidence(root, green)
    const file = evidenceFile(root, 'mend')
    const before = readFileSync(file, 'utf8')
    writeFileSync(file, edit(before))
    expect(readFileSync(file, 'utf8')).not.toBe(before)
    expect(state().state).toBe('edited')
  })

  test('survives reformatting, which is not an edit', () => {
    writeEvidence(root, green)
    const file = evidenceFile(root, 'mend')
    writeFileSync(file, JSON.stringify(JSON.parse(readFileSync(file, 'utf8'))))
    expect(state().state).toBe('proven')
  })
})
