/** The language: everything a runbook may import. DESIGN §3 says how it may be used; `read.ts` enforces it. */
export { $, ok } from './dollar.ts'
export { choice, flag, integer, moment, secret, text } from './params.ts'
export { confirm, fail, include, retry, runbook, step } from './steps.ts'
