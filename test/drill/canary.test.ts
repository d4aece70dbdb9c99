import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { artefacts, leaks, leaksInSite } from '../../src/drill/canary.ts'

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

test('the evidence and the built site are looked through, for the secrets of every stack', () => {
  const root = mkdtempSync(join(tmpdir(), 'drillbook-canary-'))
  const stacks = [{ 'db/password': 'hunter2-hunter2' }, { 'db/password': 'another-hunter2' }]
  expect(() => leaksInSite(root, 'mend', stacks)).toThrow('no built site')
  for (const folder of ['evidence', 'dist/runbooks/mend']) mkdirSync(join(root, folder), { recursive: true })
  const write = (file: string, text: string) => writeFileSync(join(root, file), text)
  write('evidence/mend.json', '{"output":"fine"}')
  write('evidence/mend.cast', '[0,"o","fine"]')
  write('dist/runbooks/mend/index.html', '<p>fine</p>')
  write('dist/runbooks.json', '{}')
  expect(leaksInSite(root, 'mend', stacks)).toEqual([])
  write('dist/runbooks/mend/index.html', `<p>${Buffer.from('x:another-hunter2').toString('base64')}</p>`)
  write('evidence/mend.cast', '[0,"o","hunter2-hunter2"]')
  expect(leaksInSite(root, 'mend', stacks).sort()).toEqual([
    'the secret db/password (1) is in evidence/mend.cast',
    'the secret db/password (2) is in dist/runbooks/mend/index.html',
  ])
  rmSync(root, { recursive: true })
})
