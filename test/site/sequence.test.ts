import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readRunbook } from '../../src/runbook/library.ts'
import { tableCells } from '../../src/site/markdown-table.ts'
import { sequence } from '../../src/site/sequence.ts'
import { evidenceOf } from './support/project.ts'

const root = join(import.meta.dirname, '../..')

test('the steps of a restore, with what they work on', async () => {
  const document = await readRunbook(root, 'restore')
  const steps = sequence(document, undefined)
  expect(steps.find(({ slug }) => slug === 'start-the-application')).toEqual({
    title: 'Start the application',
    slug: 'start-the-application',
    services: ['app', 'toolbox'],
    seconds: null,
  })
  expect(steps.find(({ title }) => title === 'Take the backup')).toMatchObject({
    from: 'Take a backup',
    services: ['db'],
  })
})

test('the time is that of the play as a script', async () => {
  const document = await readRunbook(root, 'backup')
  const evidence = { ...evidenceOf(document, 'hash'), seal: '' }
  expect(sequence(document, evidence).map(({ seconds }) => seconds)).toEqual([1.25, 1.25, 1.25, 1.25])
})

test('a table of Markdown becomes cells of HTML', () => {
  expect(tableCells('| a | `b<` |\n|---|---|\n| c & d | `e`, `f` |\n')).toEqual([
    ['a', '<code>b&lt;</code>'],
    ['c &amp; d', '<code>e</code>, <code>f</code>'],
  ])
})
