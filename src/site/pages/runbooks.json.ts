/** `/runbooks.json`: every runbook with what its evidence says. Its age is for the reader to compute. */
import { getCollection } from 'astro:content'
import type { APIRoute } from 'astro'

export const GET: APIRoute = async ({ site }) => {
  const pages = await getCollection('docs', ({ data }) => data.runbook !== undefined)
  const runbooks = pages
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, data: { title, description, runbook } }) => {
      const { name, category, destructive, impact, objective, proof } = runbook ?? {}
      const address = site ? new URL(`${id}/`, site).href : `/${id}/`
      return { name, title, description, category, destructive, impact, objective, address, proof }
    })
  return new Response(`${JSON.stringify({ v: 1, runbooks }, undefined, 2)}\n`, {
    headers: { 'content-type': 'application/json' },
  })
}
