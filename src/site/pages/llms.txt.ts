/** `/llms.txt`: the pages with a line each, runbooks with what their evidence says. See llmstxt.org. */
import { getCollection } from 'astro:content'
import type { APIRoute } from 'astro'
import { verdicts } from '../proof.ts'

export const GET: APIRoute = async ({ site }) => {
  const pages = (await getCollection('docs', ({ id }) => id !== '404')).sort((a, b) => (a.id < b.id ? -1 : 1))
  const home = pages.find(({ id }) => id === 'index')
  const line = ({ id, data }: (typeof pages)[number]) => {
    const address = site ? new URL(`${id}/`, site).href : `/${id}/`
    const proof = data.runbook && ` ${verdicts[data.runbook.proof.state]}: ${data.runbook.proof.reason}`
    return `- [${data.title}](${address}): ${data.description ?? ''}${proof ?? ''}`
  }
  const sections = [...Map.groupBy(pages, ({ id }) => id.split('/')[0] ?? '')]
    .filter(([name]) => name !== 'index')
    .map(([name, group]) => `## ${name[0]?.toUpperCase()}${name.slice(1)}\n\n${group.map(line).join('\n')}`)
  return new Response(
    [
      `# ${home?.data.title}`,
      `> ${home?.data.description}`,
      'Every runbook with its evidence, for programs: [runbooks.json](/runbooks.json). Plan and runbooks in one file: [offline.html](/offline.html).',
      ...sections,
      '',
    ].join('\n\n'),
    { headers: { 'content-type': 'text/plain; charset=utf-8' } },
  )
}
