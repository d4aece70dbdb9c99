/** Where the project is: the nearest folder upwards that has `runbooks/`. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UsageError } from '../run/errors.ts'
import type { Document } from '../runbook/document.ts'
import { listRunbooks, readRunbook } from '../runbook/library.ts'
import { didYouMean } from './suggest.ts'

export function findRoot(from = process.cwd()): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'runbooks')) && existsSync(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) {
      throw new UsageError('There is no runbooks/ here or in a folder above.', {
        hints: ['cd to the checkout'],
      })
    }
  }
}

/** Reads a runbook. `quick` leaves out the check of its commands, whose parser takes long to load. */
export async function findRunbook(root: string, name: string, { quick = false } = {}): Promise<Document> {
  const names = await listRunbooks(root)
  if (!names.includes(name)) {
    const near = didYouMean(name, [...names, ...SUBCOMMANDS])
    throw new UsageError(`There is no runbook “${name}”.`, {
      hints: [...(near ? [`Did you mean ${near}?`] : []), 'pnpm runbook   lists them'],
    })
  }
  return readRunbook(root, name, quick ? { commands: false } : {})
}

export const SUBCOMMANDS = [
  'check',
  'completion',
  'help',
  'history',
  'list',
  'report',
  'resume',
  'show',
  'status',
  'undo',
  'unlock',
]

/** Where a runbook's page is read, at a step if one is given: on the site, or in the terminal where none is published. */
export function pageOf(root: string, runbook: string, slug?: string): string {
  const address = pageAddress(root, runbook, slug)
  return /^https?:/.test(address) ? address : `pnpm runbook show ${runbook}${slug ? ` ${slug}` : ''}`
}

/** Address of a runbook's page, at a step if one is given; where no site is published, its path. */
export function pageAddress(root: string, runbook: string, slug?: string): string {
  const path = `runbooks/${runbook}/${slug ? `#${slug}` : ''}`
  try {
    const { homepage } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { homepage?: string }
    return homepage ? `${homepage.replace(/\/$/, '')}/${path}` : path
  } catch {
    return path
  }
}
