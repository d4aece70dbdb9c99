/** A server that speaks the part of GitHub's REST API that the pipelines use, and remembers what it was told. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

export interface StoredIssue {
  number: number
  state: 'open' | 'closed'
  title: string
  body: string
  labels: { name: string }[]
  html_url: string
  pull_request?: object
  comments: { id: number; body: string }[]
}

export interface Hub extends AsyncDisposable {
  url: string
  issues: StoredIssue[]
  labels: string[]
  /** `METHOD path`, in order. */
  requests: string[]
  /** Answers requests that match with this instead. */
  refuse(match: RegExp, status: number, message: string, headers?: Record<string, string>): void
  env: Record<string, string>
}

export async function startHub(repository = 'ada/handbook'): Promise<Hub> {
  const issues: StoredIssue[] = []
  const labels: string[] = []
  const requests: string[] = []
  const refusals: { match: RegExp; status: number; message: string; headers: Record<string, string> }[] = []
  let ids = 1000
  const base = `/repos/${repository}`
  const find = (path: string) => {
    const number = Number(/\/issues\/(\d+)/.exec(path)?.[1])
    const found = issues.find((issue) => issue.number === number)
    if (!found) throw new Refusal(404, 'Not Found')
    return found
  }
  const routes: [
    RegExp,
    (path: string, fields: Record<string, unknown>, query: URLSearchParams) => [number, unknown],
  ][] = [
    [
      /^GET \/issues$/,
      (_path, _fields, query) => {
        const wanted = query.get('labels')
        const state = query.get('state') ?? 'open'
        const all = issues
          .filter((issue) => !wanted || issue.labels.some(({ name }) => name === wanted))
          .filter((issue) => state === 'all' || issue.state === state)
          .toReversed()
        return [200, page(all, query).map(({ comments: _, ...issue }) => issue)]
      },
    ],
    [
      /^POST \/issues$/,
      (_path, { title, body, labels: names = [] }) => {
        const number = issues.length + 1
        const html_url = `https://github.example/${repository}/issues/${number}`
        const named = (names as string[]).map((name) => ({ name }))
        const issue: StoredIssue = {
          ...{ number, state: 'open', title: String(title), body: String(body), labels: named, html_url },
          comments: [],
        }
        issues.push(issue)
        return [201, issue]
      },
    ],
    [/^PATCH \/issues\/\d+$/, (path, fields) => [200, Object.assign(find(path), fields)]],
    [/^GET \/issues\/\d+\/comments$/, (path, _fields, query) => [200, page(find(path).comments, query)]],
    [
      /^POST \/issues\/\d+\/comments$/,
      (path, { body }) => {
        const comment = { id: ids++, body: String(body) }
        find(path).comments.push(comment)
        return [201, comment]
      },
    ],
    [
      /^PATCH \/issues\/comments\/\d+$/,
      (path, { body }) => {
        const id = Number(path.split('/').at(-1))
        const comment = issues.flatMap(({ comments }) => comments).find((each) => each.id === id)
        if (!comment) throw new Refusal(404, 'Not Found')
        comment.body = String(body)
        return [200, comment]
      },
    ],
    [
      /^POST \/labels$/,
      (_path, { name }) => {
        if (labels.includes(String(name))) {
          throw new Refusal(422, 'Validation Failed', [
            { resource: 'Label', code: 'already_exists', field: 'name' },
          ])
        }
        labels.push(String(name))
        return [201, { name }]
      },
    ],
  ]
  const answer = async (request: IncomingMessage): Promise<[number, unknown, Record<string, string>?]> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://hub')
    const key = `${request.method} ${pathname.slice(base.length)}`
    requests.push(key)
    const fields = request.method === 'GET' ? {} : ((await json(request)) as Record<string, unknown>)
    const refusal = refusals.find(({ match }) => match.test(key))
    if (refusal) return [refusal.status, { message: refusal.message }, refusal.headers]
    if (request.headers.authorization !== 'Bearer secret-token') return [401, { message: 'Bad credentials' }]
    const route = routes.find(([match]) => match.test(key))
    if (!pathname.startsWith(base) || !route) return [404, { message: 'Not Found' }]
    return route[1](pathname, fields, searchParams)
  }
  const server = createServer((request, response) => {
    answer(request)
      .catch((error: unknown): [number, unknown] => {
        if (error instanceof Refusal) return [error.status, { message: error.message, errors: error.errors }]
        return [500, { message: String(error) }]
      })
      .then(([status, body, headers]) => {
        response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
        response.end(JSON.stringify(body))
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    ...{ url, issues, labels, requests },
    refuse: (match, status, message, headers = {}) => refusals.push({ match, status, message, headers }),
    env: { GITHUB_API_URL: url, GITHUB_REPOSITORY: repository, GITHUB_TOKEN: 'secret-token' },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function page<T>(all: readonly T[], query: URLSearchParams): T[] {
  const size = Number(query.get('per_page') ?? 30)
  const number = Number(query.get('page') ?? 1)
  return all.slice((number - 1) * size, number * size)
}

class Refusal extends Error {
  status: number
  errors: unknown[] | undefined
  constructor(status: number, message: string, errors?: unknown[]) {
    super(message)
    this.status = status
    this.errors = errors
  }
}
