/** Canaries in everything that can be secret, a whole play with a failure and an undo, and everything it leaves. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { redactor } from '../../src/run/redact.ts'
import { project, source } from './project.ts'

const canaries = {
  param: 'canary-param & friends/+=?',
  entry: 'canary-entry-5e4d3c2b1a',
  declared: 'canary declared',
  file: `-----BEGIN KEY-----\n${'canaryFileLine1+/'.repeat(4)}\n${'canaryFileLine2+/'.repeat(4)}\n-----END KEY-----`,
  listed: 'canary-listed-in-a-file',
}

const leak = `#!/bin/bash
# Prints every canary in every way that programs print secrets.
read -r -d '' all <<END || true
$1
$API_TOKEN
$CARD
$(cat key.pem)
$(sed 's/^LISTED=//' listed.env)
END
printf '%s\\n' "$all"
while IFS= read -r line; do
  for before in '' u us use user:; do printf '%s%s' "$before" "$line" | base64; done
  printf %s "$line" | base64 -w 0 | tr '+/' '-_'; echo
  printf %s "$line" | od -An -tx1 | tr -d ' \\n'; echo
  printf '%s' "\${line:0:7}" >&2; sleep 0.05; printf '%s\\n' "\${line:7}" >&2
  half=$((\${#line} / 2)); printf '%s' "\${line:0:$half}"; sleep 0.05; printf '%s\\n' "\${line:$half}"
done <<<"$all"
base64 key.pem; base64 -w 64 key.pem
node -e 'for (const t of process.argv.slice(1)) console.log(encodeURIComponent(t), new URLSearchParams({ t }).toString(), JSON.stringify({ t }))' "$1" "$API_TOKEN" "$CARD" "$(cat key.pem)"
`

async function webhook() {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      bodies.push(body)
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/canary-webhook`
  return { url, bodies, [Symbol.asyncDispose]: async () => void server.close() }
}

test('a secret is in nothing that a run leaves', { timeout: 90_000 }, async () => {
  await using hook = await webhook()
  using p = project({
    try: source(
      `
await step('Use it', async () => {
  await $\`printf %s \${PASSWORD} | tee used\`
  await $\`printf %s \${PASSWORD} | bash again.sh\`
}, { undo: () => $\`bash leak.sh undo\` })

const VALUE = await step('Take a value', async () => (await $\`cat used\`).text())

await step('Fail', () => $\`bash again.sh \${VALUE}\`)
`,
      "{ onFailure: 'undo', params: { PASSWORD: secret('The password.') } }",
    ),
  })
  p.write('leak.sh', leak)
  p.write('again.sh', 'bash leak.sh "$(cat used)"; [ -z "$*" ]')
  p.write('key.pem', `${canaries.file}\n`)
  p.write('listed.env', `LISTED=${canaries.listed}\n`)
  p.write(
    'environments/production.env',
    `${p.read('environments/production.env')}API_TOKEN=${canaries.entry}
SECRETS='CARD SSH'
CARD='${canaries.declared}'
SSH_FILE=key.pem
SECRET_FILES=listed.env
NOTIFY_WEBHOOK=${hook.url}
`,
  )
  const started = await p.run(['try', '--on', 'production', `--PASSWORD=${canaries.param}`, '--json'])
  expect(started.exit).toBe(1)
  const [run = ''] = p.runs()
  const shown = await p.run(['undo', run, `--PASSWORD=${canaries.param}`])
  const plain = await p.run(['try', '--on', 'production', `--PASSWORD=${canaries.param}`])
  const others = [
    ...[await p.run(['report', run]), await p.run(['resume', run]), await p.run(['history', '--json'])],
    await p.run(['try', '--on', 'production', '--dry-run', `--PASSWORD=${canaries.param}`]),
  ]
  // The script did print them, and they are what it was given.
  expect(p.read('used')).toBe(canaries.param)
  expect(plain.stdout.match(/\[redacted\]/g)?.length).toBeGreaterThan(50)
  expect(hook.bodies.length).toBeGreaterThanOrEqual(6)

  const left = {
    ...Object.fromEntries(
      [started, shown, plain, ...others].flatMap(({ stdout, stderr }, n) => [
        [`output ${n}`, stdout],
        [`errors ${n}`, stderr],
      ]),
    ),
    webhook: hook.bodies.join('\n'),
    ...files(p.root, '.drillbook'),
    ...files(p.root, 'target'),
  }
  // The redactor is its own judge for the forms, and a blunt search that knows nothing of it for the rest.
  const all = redactor([...Object.values(canaries), `${hook.url}`])
  for (const [name, text] of Object.entries(left)) {
    expect(all.text(text), name).toBe(text)
    expect(text, name).not.toMatch(/canary[- ](param|entry|declared|listed|webhook)|canaryFileLine/i)
    for (const word of text.match(/[\w+/-]{12,}={0,2}/g) ?? []) {
      for (let skip = 0; skip < 4; skip++) {
        const decoded = Buffer.from(word.slice(skip), 'base64').toString('latin1')
        expect(decoded, `${name}: ${word}`).not.toMatch(/canary-?(param|entry|listed|File)|canary d/i)
      }
    }
  }
})

/** Every file below a folder of the project, by its path. */
function files(root: string, folder: string): Record<string, string> {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  const whole = paths.map((path) => join(root, folder, path)).filter((path) => statSync(path).isFile())
  return Object.fromEntries(whole.map((path) => [path, readFileSync(path, 'utf8')]))
}
