import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { artefacts, leaks } from '../../src/drill/canary.ts'

const secrets = { 'db/password': 'hunter2-hunter2\n', port: '443' }

test('a secret in what a play leaves is named, with where it is, and not shown', () => {
  expect(
    leaks(secrets, {
      'the journal': '{"output":"password=hunter2-hunter2"}',
      'the recording': Buffer.from('user:hunter2-hunter2').toString('base64'),
      'the output of the steps': 'listens on 443',
      'the journal on the target': undefined,
    }),
  ).toEqual(['the secret db/password is in the journal', 'the secret db/password is in the recording'])
})

test('everything that a play leaves is looked through', async () => {
  const root = mkdtempSync(join(tmpdir(), 'drillbook-canary-'))
  for (const folder of ['.drillbook/runs', 'environments']) mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, '.drillbook/runs/r.jsonl'), 'journal')
  writeFileSync(
    join(root, 'environments/x.env'),
    'ENVIRONMENT=x\nCOMPOSE_PROJECT_NAME=x\nCOMPOSE_FILE=nowhere.yaml\n',
  )
  const stack = { root, name: 'x', entries: {}, env: {}, compose: async () => '' }
  const step = { title: 'One', slug: 'one', seconds: 1, output: 'output' }
  const left = await artefacts(stack, {
    ...{
      done: false,
      run: 'r',
      steps: [step],
      message: 'message',
      recording: [
        [0, 'rec'],
        [1, 'ording'],
      ],
    },
  })
  expect(Object.values(left)).toEqual(['journal', undefined, 'message', 'output', 'recording'])
  rmSync(root, { recursive: true })
})
