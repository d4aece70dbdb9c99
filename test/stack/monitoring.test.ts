/** The rules, the routes and the receivers, by the programs that they are for: from the image, so that nothing else is needed. */
import { globSync, readFileSync } from 'node:fs'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { further, type Scenario, scenarios } from './alert-scenarios.ts'
import { image } from './containers.ts'

const folder = 'stack/images/monitoring'

interface Group {
  name: string
  rules: { alert?: string; expr: string; labels?: Record<string, string> }[]
}
const sources = globSync(`${folder}/rules/*.yaml`).map((path) => ({
  rules: basename(path),
  groups: (parse(readFileSync(path, 'utf8')) as { groups: Group[] }).groups,
}))
const alertsOf = ({ groups }: { groups: Group[] }) =>
  groups.flatMap(({ rules }) => rules.flatMap(({ alert }) => alert ?? []))
const alerts = sources.flatMap(alertsOf)

/** Runs a script in the image, in a folder with what the checkout has, and these files. */
async function inside(script: string, files: Record<string, string> = {}) {
  await using more = await mkdtempDisposable(join(tmpdir(), 'monitoring-'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(more.path, name), text)
  const names = Object.keys(files)
  const packed = [
    '-C',
    folder,
    'rules',
    'config',
    'bin',
    ...(names.length > 0 ? ['-C', more.path, ...names] : []),
  ]
  const { stdout: archive } = await execa('tar', ['c', ...packed], { encoding: 'buffer' })
  const whole = `mkdir /tmp/checkout\ncd /tmp/checkout\ntar x\n${script}`
  const args = ['run', '--rm', '--interactive', '--network=none', '--read-only', '--tmpfs=/tmp:exec']
  const { exitCode, stdout, stderr } = await execa(
    'docker',
    [...args, image('monitoring'), 'bash', '-euc', whole],
    { input: archive, reject: false, timeout: 110_000 },
  )
  return { code: exitCode, out: `${stdout}\n${stderr}` }
}

const seconds = (step: string) => {
  const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }
  return Number.parseInt(step, 10) * (units[step.at(-1) ?? ''] ?? Number.NaN)
}

/** As many steps as the longest series has: `0x3` is four, a number alone is one. */
const length = ({ series }: Scenario) =>
  Math.max(
    ...Object.values(series).map((values) =>
      values.split(' ').reduce((sum, part) => sum + 1 + Number(/x(\d+)$/.exec(part)?.[1] ?? 0), 0),
    ),
  )

/** Groups in the order of the file: what others reckon with comes first, or a step more or less would be chance. */
const file = (rules: string, step: string, tests: object[]) =>
  JSON.stringify({
    rule_files: [`rules/${rules}`],
    evaluation_interval: step,
    group_eval_order: sources.find((source) => source.rules === rules)?.groups.map(({ name }) => name),
    tests,
  })

/** Asks at every step whether the alert fires. */
function unitTest([alert, scenario]: [string, Scenario]) {
  const { step = '1m', series, fires } = scenario
  return {
    name: alert,
    interval: step,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: Array.from({ length: length(scenario) }, (_, at) => ({
      expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or on () vector(0)`,
      eval_time: `${at * seconds(step)}s`,
      exp_samples: [{ labels: '{}', value: at >= fires[0] && at <= fires[1] ? 1 : 0 }],
    })),
  }
}

test('the rules and the configuration of Prometheus are valid', async () => {
  const { code, out } = await inside(
    'mkdir /tmp/rules && cp rules/* /tmp/rules && promtool check rules rules/*.yaml && promtool check config config/prometheus.yml',
  )
  expect(code, out).toBe(0)
})

test('every alert has a scenario, and no scenario is without its alert', () => {
  expect(Object.keys(scenarios).sort()).toEqual([...alerts].sort())
  expect(new Set(alerts).size).toBe(alerts.length)
})

test('every alert fires when it promises to, once, and ends', async () => {
  // One evaluates at the pace of its steps, and only the rules that it is about: so there is a file for each of both.
  const files = sources.flatMap((source) => {
    const ours = [...Object.entries(scenarios), ...further].filter(([alert]) =>
      alertsOf(source).includes(alert),
    )
    const paces = Map.groupBy(ours, ([, { step = '1m' }]) => step)
    return [...paces].map(([step, tests]) => [
      `${source.rules}-${step}.json`,
      file(source.rules, step, tests.map(unitTest)),
    ])
  })
  const { code, out } = await inside('promtool test rules ./*.json', Object.fromEntries(files))
  expect(code, out).toBe(0)
})

test('a scenario that does not come true fails', async () => {
  const wrong = unitTest(['DatabaseDown', { series: { pg_up: '0x5' }, fires: [3, 5] }])
  const { code, out } = await inside('promtool test rules wrong.yaml', {
    'wrong.yaml': file('services.yaml', '1m', [wrong]),
  })
  expect(code).toBe(1)
  expect(out).toContain('DatabaseDown')
})

test('a percentage of requests wants a minimum of them', () => {
  for (const { alert, expr } of sources.flatMap(({ groups }) => groups.flatMap(({ rules }) => rules)))
    if (alert && /:ratio\d/.test(expr)) expect(expr, alert).toMatch(/requests:rate(5m|1h) > 0\.5/)
})

test('a site that hardly anybody visits is not judged by percentages', async () => {
  const tests = [
    'ErrorsOver10Percent',
    'ErrorsOver5Percent',
    'ErrorBudgetBurnsFast',
    'SlowOver30Seconds',
  ].map((alert) => unitTest([alert, { series: quiet(scenarios[alert]?.series ?? {}), fires: [-1, -1] }]))
  const { code, out } = await inside('promtool test rules quiet.yaml', {
    'quiet.yaml': file('requests.yaml', '1m', tests),
  })
  expect(code, out).toBe(0)
})

/** The same with a hundredth of the requests. */
const quiet = (series: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(series).map(([name, values]) => [
      name,
      values.replace(
        /(^| |\+)(\d+)(?=[+x ]|$)/g,
        (_, sign: string, number: string) => `${sign}${Number(number) / 100}`,
      ),
    ]),
  )

test.each([
  ['nobody', '', 'name: call\n  - name: tell', 0],
  ['a webhook', 'alert-webhook-url', 'webhook_configs', 2],
  ['Slack and Discord', 'alert-slack-url alert-discord-url', 'discord_configs', 2],
])('Alertmanager takes its configuration with %s', async (_, channels, part, times) => {
  const { code, out } = await inside(
    `mkdir secrets; for name in ${channels || 'none'}; do echo https://example.org/hook >secrets/$name; done
     { bash bin/with-pace 1 <config/alertmanager.yml; SECRETS_FOLDER=$PWD/secrets bash bin/alertmanager-receivers; } >am.yml
     cat am.yml; amtool check-config am.yml`.replace('bash bin/with-pace', 'perl bin/with-pace'),
  )
  expect(code, out).toBe(0)
  expect(out.split(part).length - 1).toBe(times || 1)
})

test('letters are for what cannot wait, and for all where there is no other channel', async () => {
  const mail =
    'ALERT_EMAIL_TO=on-call@example.org ALERT_EMAIL_FROM=alerts@example.org ALERT_SMTP_HOST=smtp.example.org:587'
  const receivers = (url: string) =>
    inside(
      `mkdir secrets; ${url}
       { cat config/alertmanager.yml; ${mail} ALERT_SMTP_USER=alerts SECRETS_FOLDER=$PWD/secrets bash bin/alertmanager-receivers; } >am.yml
       cat am.yml; amtool check-config am.yml`,
    )
  const alone = await receivers('')
  expect(alone.code, alone.out).toBe(0)
  expect(alone.out.match(/email_configs/g)).toHaveLength(2)
  const beside = await receivers('echo https://example.org/hook >secrets/alert-webhook-url')
  expect(beside.code, beside.out).toBe(0)
  expect(beside.out.match(/email_configs/g)).toHaveLength(1)
})

test('an address that is none is refused, and said to be', async () => {
  const { code, out } = await inside(
    'ALERT_EMAIL_TO=on-call ALERT_EMAIL_FROM=a@b ALERT_SMTP_HOST=c:25 bash bin/alertmanager-receivers',
  )
  expect(code).not.toBe(0)
  expect(out).toContain('expected in ALERT_EMAIL_TO something like on-call@example.org, found «on-call»')
})

test.each([
  ['severity=P0', 'call'],
  ['severity=P1', 'call'],
  ['severity=P2', 'tell'],
  ['severity=none', 'nobody'],
])('an alert with %s goes to `%s`', async (label, receiver) => {
  const { out } = await inside(
    `{ cat config/alertmanager.yml; bash bin/alertmanager-receivers; } >am.yml
     amtool config routes test --config.file am.yml ${label}`,
  )
  expect(out.split('\n')[0]).toBe(receiver)
})

test('at another pace the rules are the same, but for their times', async () => {
  const { code, out } = await inside(`mkdir /tmp/rules
    for file in rules/*.yaml; do perl bin/with-pace 20 <$file >/tmp/rules/\${file##*/}; done
    promtool check rules /tmp/rules/*.yaml && grep -h -A2 'alert: DatabaseDown' /tmp/rules/services.yaml && grep -h "record: site:errors:ratio1h" -A1 /tmp/rules/requests.yaml`)
  expect(code, out).toBe(0)
  expect(out).toContain('for: 3000ms')
  expect(out).toContain('[180000ms]')
})

/** The labels of an alert as its rule has them. */
const labelsOf = (alert: string) => {
  const rule = sources
    .flatMap(({ groups }) => groups.flatMap(({ rules }) => rules))
    .find((each) => each.alert === alert)
  if (!rule?.labels) throw new Error(`There is no alert ${alert}.`)
  return { ...rule.labels, alertname: alert, environment: 'here' }
}

test('who is called is told the cause, and not what follows from it', async () => {
  const silenced = async (...firing: string[]) => {
    const add = firing.map((alert) => {
      const labels = Object.entries(labelsOf(alert)).map(([name, value]) => `${name}=${value}`)
      return `amtool alert add ${labels.join(' ')}`
    })
    const { code, out } = await inside(`export AMTOOL_URL=--alertmanager.url=http://127.0.0.1:9093
      { cat config/alertmanager.yml; bash bin/alertmanager-receivers; } >am.yml
      prometheus-alertmanager --config.file=am.yml --storage.path=/tmp/am --cluster.listen-address= >am.log 2>&1 &
      amtool() { command amtool $AMTOOL_URL "$@"; }
      until amtool alert query >/dev/null 2>&1; do sleep 0.1; done
      ${add.join('\n')}
      until [ "$(amtool alert query --active --inhibited -o json | grep -o '"fingerprint"' | wc -l)" = ${firing.length} ]; do sleep 0.1; done
      amtool alert query --inhibited -o json | grep -o '"alertname":"[^"]*"' | cut -d'"' -f4 | sort`)
    expect(code, out).toBe(0)
    return out.trim().split('\n').filter(Boolean)
  }
  const everything = [
    'DatabaseDown',
    'SiteDown',
    'ErrorsOver10Percent',
    'ConnectionsScarce',
    'CertificateExpiring',
  ]
  expect(await silenced('HostUnseen', ...everything)).toEqual([...everything].sort())
  expect(await silenced(...everything)).toEqual(['ConnectionsScarce', 'ErrorsOver10Percent', 'SiteDown'])
  expect(await silenced('StoreDown', 'BackupTooOld', 'ArchiveFailing', 'DiskFull')).toEqual([
    'ArchiveFailing',
    'BackupTooOld',
  ])
  expect(
    await silenced('RunbookStopsSite', 'SiteDown', 'DatabaseDown', 'ErrorsOver5Percent', 'DiskFull'),
  ).toEqual(['DatabaseDown', 'ErrorsOver5Percent', 'SiteDown'])
  expect(await silenced('DowntimeAnnounced', 'SiteDown', 'SlowOver5Seconds')).toEqual(['SlowOver5Seconds'])
  expect(await silenced('DowntimeInBudget', 'ErrorBudgetBurns', 'ErrorsOver5Percent')).toEqual([
    'ErrorBudgetBurns',
  ])
  expect(await silenced('SlowOver2Seconds', 'SlowOver5Seconds', 'ErrorsRising')).toEqual(['SlowOver2Seconds'])
})
