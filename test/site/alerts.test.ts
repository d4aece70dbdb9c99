/** Every alert leads to a step that is there, and every runbook that something measured could call for is called for. */
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Document } from '../../src/runbook/document.ts'
import { listRunbooks, readRunbook } from '../../src/runbook/library.ts'
import { alertRoutes } from '../../src/site/alert-routes.ts'
import { alertsIn } from '../../src/site/alerts.ts'

const root = join(import.meta.dirname, '../..')
const alerts = globSync(join(root, 'stack/images/monitoring/rules/*.yaml')).flatMap((file) =>
  alertsIn(basename(file), readFileSync(file, 'utf8')),
)
const runbooks = new Map<string, Document>()
for (const name of await listRunbooks(root)) runbooks.set(name, await readRunbook(root, name))

/** Runbooks that help against a disaster or keep the data, but that no alert can call for. Whoever adds a line argues for it here. */
const withoutAlert: Record<string, string> = {
  'restore-rows': 'that a row was deleted by mistake is seen by people',
  'recover-objects': 'that a file was deleted by mistake is seen by people',
  'restore-objects': 'that a bucket was emptied is seen by people; a copy refuses to follow it',
  restore: 'whether data is damaged is decided by people: DatabaseDown leads to what loses nothing',
  rebuild:
    'whether the machine is lost for good is decided by people: HostUnseen leads to what still answers',
  'backup-config':
    'the checklist says when a kit is missing or old; an alert could not see what lies elsewhere',
  export: 'nobody needs it but who asks for it',
  lockdown: 'that somebody is inside is seen by people',
  'refresh-staging': 'nobody needs it but who asks for it',
  'backup-file-db': 'the file is an application’s of its own, which nothing here measures',
  'restore-file-db': 'the file is an application’s of its own, which nothing here measures',
  seed: 'never in production',
  reset: 'never in production',
}

test.each(alerts.map((alert) => [alert.name, alert] as const))(
  '%s leads to a step of a runbook',
  (_, { runbook }) => {
    const document = runbooks.get(runbook.name)
    expect(document, `runbooks/${runbook.name}.ts`).toBeDefined()
    const steps = document?.items.flatMap((item) => (item.type === 'step' ? [item.slug] : []))
    expect(steps).toContain(runbook.step)
  },
)

test.each(alerts.map((alert) => [alert.name, alert] as const))(
  '%s fills in params that there are',
  (_, { runbook }) => {
    const params = runbooks.get(runbook.name)?.params ?? []
    const { ON, ...given } = runbook.params
    expect(ON).toBe('{{ $externalLabels.environment }}')
    for (const [name, value] of Object.entries(given)) {
      const param = params.find((each) => each.name === name)
      expect(param, `${name} of ${runbook.name}`).toBeDefined()
      if (param?.kind === 'choice' && !value.includes('{{')) expect(param.choices).toContain(value)
      if (param?.kind === 'integer') expect(value).toMatch(/^\d+$/)
    }
  },
)

test('a label that fills in a choice has no other values than the choice', () => {
  const kinds = readFileSync(join(root, 'stack/images/toolbox/bin/generate-secrets'), 'utf8')
  const labels = [...kinds.matchAll(/which=(\w+) ;;/g)].map(([, label]) => label)
  const choices = runbooks.get('rotate-secrets')?.params.find(({ name }) => name === 'WHICH')?.choices
  expect(labels.length).toBe(4)
  expect(choices).toEqual(expect.arrayContaining(labels))
})

test('every runbook against a disaster, and every one that keeps the data, is called for by an alert', () => {
  const called = new Set(alerts.map(({ runbook }) => runbook.name))
  const expected = [...runbooks.values()]
    .filter(({ category }) => category === 'Disaster recovery' || category === 'Data')
    .map(({ name }) => name)
  expect(expected.filter((name) => !called.has(name) && !(name in withoutAlert))).toEqual([])
  expect(Object.keys(withoutAlert).filter((name) => called.has(name) || !runbooks.has(name))).toEqual([])
})

/** Runbooks that stop the application or the database, and during which alerts are wanted all the same. */
const heard: Record<string, string> = {
  'disk-full': 'it stops a database that does not come up: who is called for that was called before',
}

test('what stops the site on purpose silences the alerts about it, and nothing else does', () => {
  const source = readFileSync(join(root, 'stack/images/monitoring/rules/services.yaml'), 'utf8')
  const silent = /runbook=~"([^"]+)"/.exec(source)?.[1]?.split('|') ?? []
  const stops = [...runbooks].flatMap(([name, document]) =>
    /docker compose stop (app|db)\b/.test(JSON.stringify(document)) || name === 'lockdown' ? [name] : [],
  )
  expect(stops.filter((name) => !(name in heard)).sort()).toEqual(silent)
  expect(Object.keys(heard).filter((name) => !stops.includes(name))).toEqual([])
})

describe('an alert', () => {
  const source = (more: string) => `
groups:
  - name: a
    rules:
      - { record: b, expr: c }
      - alert: Down
        expr: up == 0
        labels: { severity: P0, owner: data }
        annotations: { condition: It is down, summary: It is down., ${more} }
`
  const link = `'{{ $externalLabels.handbook }}/runbooks/a-b/?ON={{ $externalLabels.environment }}&X=1#c-d'`

  test('is read from its rule', () => {
    expect(alertsIn('a.yaml', source(`runbook_url: ${link}`))).toEqual([
      {
        name: 'Down',
        group: 'a',
        severity: 'P0',
        owner: 'data',
        condition: 'It is down',
        promise: '0s',
        summary: 'It is down.',
        hash: expect.stringMatching(/^[0-9a-f]{16}$/),
        runbook: {
          name: 'a-b',
          step: 'c-d',
          params: { ON: '{{ $externalLabels.environment }}', X: '1' },
        },
      },
    ])
  })

  test('without a link to a step is an error that names it', () => {
    expect(() => alertsIn('a.yaml', source('more: 1'))).toThrow(/a\.yaml: Down: .*runbook_url/s)
    expect(() => alertsIn('a.yaml', source('runbook_url: https://example.org'))).toThrow(
      "a.yaml: Down: expected a runbook_url like '{{ $externalLabels.handbook }}/runbooks/backup/",
    )
  })
})

test('who is told of what is read from the routes', () => {
  const source = readFileSync(join(root, 'stack/images/monitoring/config/alertmanager.yml'), 'utf8')
  expect(alertRoutes(source, 'P2').map(({ severity, receiver }) => [severity, receiver])).toEqual([
    ['P0', 'call'],
    ['P1', 'call'],
    ['P2', 'tell'],
  ])
  const other =
    'route: { receiver: a, group_wait: 1s, repeat_interval: 1h, routes: [{ matchers: [owner = data] }] }'
  expect(() => alertRoutes(other, 'P2')).toThrow('found owner = data')
})
