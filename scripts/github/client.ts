/** The part of GitHub's REST API that the pipelines use. Errors say what was tried, what GitHub said, and what to do. */
import { request as octokit } from '@octokit/request'
import { z } from 'zod'

const issue = z.object({
  number: z.int(),
  state: z.enum(['open', 'closed']),
  title: z.string(),
  body: z.string().nullish(),
  html_url: z.string(),
  labels: z.array(z.union([z.string(), z.object({ name: z.string().nullish() })])),
  /** Pull requests are listed as issues, too. */
  pull_request: z.unknown().optional(),
})
const comment = z.object({ id: z.int(), body: z.string().nullish() })

export type Issue = z.infer<typeof issue>
export type Comment = z.infer<typeof comment>

export interface GitHub {
  /** Open and closed, newest first, without pull requests. */
  issues(label: string): Promise<Issue[]>
  createIssue(fields: { title: string; body: string; labels: string[] }): Promise<Issue>
  updateIssue(
    number: number,
    fields: { title?: string; body?: string; state?: 'open' | 'closed' },
  ): Promise<void>
  /** Of an issue or a pull request, oldest first. */
  comments(number: number): Promise<Comment[]>
  addComment(number: number, body: string): Promise<void>
  updateComment(id: number, body: string): Promise<void>
  /** Makes the label, unless there is one. */
  ensureLabel(name: string, color: string, description: string): Promise<void>
}

export interface Access {
  /** `owner/name`. */
  repository: string
  token: string
  /** Address of the API: another one on GitHub Enterprise, and in tests. */
  api: string
}

/** From the variables that a job on GitHub has. Throws with all that are missing. */
export function accessFrom(env: NodeJS.ProcessEnv): Access {
  const { GITHUB_REPOSITORY = '', GITHUB_TOKEN = '', GITHUB_API_URL = 'https://api.github.com' } = env
  const problems = [
    !/^[\w.-]+\/[\w.-]+$/.test(GITHUB_REPOSITORY) && 'GITHUB_REPOSITORY: the repository, as owner/name',
    !GITHUB_TOKEN && 'GITHUB_TOKEN: a token that may write issues',
  ].filter(Boolean)
  if (problems.length > 0)
    throw new Error(`These variables are missing or wrong:\n  ${problems.join('\n  ')}`)
  return { repository: GITHUB_REPOSITORY, token: GITHUB_TOKEN, api: GITHUB_API_URL }
}

/** Milliseconds that an answer may take. */
const PATIENCE = 30_000
const PAGE = 100

export function github({ repository, token, api }: Access): GitHub {
  const [owner = '', repo = ''] = repository.split('/')
  const send = octokit.defaults({
    baseUrl: api.replace(/\/$/, ''),
    headers: {
      authorization: `Bearer ${token}`,
      'user-agent': 'drillbook',
      'x-github-api-version': '2022-11-28',
    },
  })
  const call = async (what: string, route: string, parameters: Record<string, unknown> = {}) => {
    try {
      const signal = AbortSignal.timeout(PATIENCE)
      const { data } = await send(route, { owner, repo, request: { signal }, ...parameters })
      return data as unknown
    } catch (error) {
      throw new Error(`GitHub did not ${what} in ${repository}: ${reason(error)}`)
    }
  }
  const pages = async <T>(
    what: string,
    route: string,
    shape: z.ZodType<T>,
    parameters: Record<string, unknown>,
  ) => {
    const all: T[] = []
    for (let page = 1; ; page++) {
      const items = z.array(shape).parse(await call(what, route, { ...parameters, per_page: PAGE, page }))
      all.push(...items)
      if (items.length < PAGE) return all
    }
  }
  return {
    async issues(label) {
      const route = 'GET /repos/{owner}/{repo}/issues'
      const all = await pages('list the issues', route, issue, { labels: label, state: 'all' })
      return all.filter(({ pull_request }) => pull_request === undefined || pull_request === null)
    },
    async createIssue(fields) {
      return issue.parse(
        await call(`create the issue “${fields.title}”`, 'POST /repos/{owner}/{repo}/issues', fields),
      )
    },
    async updateIssue(number, fields) {
      const route = 'PATCH /repos/{owner}/{repo}/issues/{number}'
      await call(`change the issue #${number}`, route, { number, ...fields })
    },
    comments(number) {
      const route = 'GET /repos/{owner}/{repo}/issues/{number}/comments'
      return pages(`list the comments of #${number}`, route, comment, { number })
    },
    async addComment(number, body) {
      const route = 'POST /repos/{owner}/{repo}/issues/{number}/comments'
      await call(`comment on #${number}`, route, { number, body })
    },
    async updateComment(id, body) {
      const route = 'PATCH /repos/{owner}/{repo}/issues/comments/{id}'
      await call('change a comment', route, { id, body })
    },
    async ensureLabel(name, color, description) {
      try {
        await send('POST /repos/{owner}/{repo}/labels', {
          ...{ owner, repo, name, color, description },
          request: { signal: AbortSignal.timeout(PATIENCE) },
        })
      } catch (error) {
        const { status, message } = error as Failure
        if (status === 422 && /already_exists/.test(message)) return
        throw new Error(`GitHub did not make the label “${name}” in ${repository}: ${reason(error)}`)
      }
    },
  }
}

interface Failure extends Error {
  status?: number
  response?: { headers: Record<string, string | undefined> }
}

function reason(error: unknown): string {
  const { name, message, status, response } = error as Failure
  if (name === 'TimeoutError' || name === 'AbortError')
    return `no answer within ${PATIENCE / 1000} s. Run it again: nothing is filed twice.`
  if (!response) return `no connection (${message}). Run it again: nothing is filed twice.`
  const limited =
    response.headers['x-ratelimit-remaining'] === '0' || response.headers['retry-after'] !== undefined
  return `${status} ${message.split(' - http')[0]}. ${limited ? 'Too many requests: run it again later.' : advice(status ?? 0)}`
}

function advice(status: number): string {
  if (status >= 500) return 'Run it again: nothing is filed twice.'
  const texts: Record<number, string> = {
    401: 'The token in GITHUB_TOKEN is wrong or has expired.',
    403: 'The job needs the permission `issues: write` (and `pull-requests: write` for comments on one).',
    404: 'Look at GITHUB_REPOSITORY; GitHub says this, too, if the token may not see it.',
    410: 'Issues are switched off in this repository’s settings.',
    422: 'GitHub did not accept the fields: that is a mistake of this program.',
  }
  return texts[status] ?? 'See the documentation of GitHub’s REST API.'
}
