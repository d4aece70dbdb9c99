/** `pnpm runbook NAME --help`, from the Document. Loads neither zx nor sh-syntax nor zod, and no Docker. */
import type { Document, Item, Param } from '../runbook/document.ts'
import { example } from '../runbook/params.ts'
import { findRoot, findRunbook, pageAddress } from './project.ts'
import { paint, plainMarkdown, table, width, wrap } from './text.ts'

export async function help(name: string): Promise<number> {
  const root = findRoot()
  const document = await findRunbook(root, name, { quick: true })
  process.stdout.write(helpText(document, process.stdout, pageAddress(root, name)))
  return 0
}

export function helpText(document: Document, stream: NodeJS.WriteStream, page: string): string {
  const color = paint(stream)
  const columns = width(stream)
  const { rto, rpo } = document.objective
  const objective = [rto && `back in ${rto}`, rpo && `at most ${rpo} of data lost`].filter(Boolean).join(', ')
  const head = (text: string) => `\n${color('bold', text)}\n`
  return [
    `${color('bold', document.title)}${document.destructive ? color('red', '  destructive') : ''}\n`,
    document.prose ? `\n${wrap(plainMarkdown(document.prose), columns)}\n` : '',
    objective ? `\nObjective: ${objective}.\n` : '',
    head('Usage'),
    `  pnpm runbook ${document.name} [--on ENV]${document.params.map(usage).join('')}\n`,
    document.params.length > 0 ? head('Params') : '',
    document.params.map((param) => paramText(param, columns)).join(''),
    head('Steps'),
    `${steps(document.items)}\n`,
    `\nPage: ${page}    All options: pnpm runbook --help\n`,
  ].join('')
}

function usage(param: Param): string {
  const option = param.kind === 'flag' ? `--${param.name}` : `--${param.name} …`
  return param.default === undefined ? ` ${option}` : ` [${option}]`
}

function paramText(param: Param, columns: number): string {
  const preset = param.default ? ` Default: ${param.default}.` : ''
  const sample = param.kind === 'flag' ? '' : ` Example: ${example(param)}`
  return `  --${param.name}\n${wrap(`${param.description}${preset}${sample}`, columns, '      ')}\n`
}

function steps(items: readonly Item[]): string {
  const rows: string[][] = []
  const add = (item: Item, prefix: string) => {
    if (item.type === 'include') {
      for (const inner of item.items) add(inner, `${prefix}${item.title}: `)
    } else {
      rows.push([`${rows.length + 1}.`, prefix + (item.type === 'step' ? item.title : item.question)])
    }
  }
  for (const item of items) add(item, '')
  return table(rows)
}
