/** What `pnpm drill --help` prints, and the handbook's reference shows. */
export const usage = `Proves a runbook in containers: causes each disaster, plays the runbook, compares every row.

  pnpm drill NAME …                   every scenario in every rendition, and the negative twins; writes evidence/
  pnpm drill NAME --scenario WORDS    only scenarios whose name has these words
  pnpm drill NAME --rendition R       only script, bash or zsh
  pnpm drill NAME --no-twins          without the negative twins
  pnpm drill NAME --failed            again what failed in the last drill, if nothing else has changed since
  pnpm drill NAME --mutants           deletes each command of the runbook in turn; every mutant must be caught
  pnpm drill --all                    every runbook

Evidence is written by a whole drill only. Exit codes: 0 proven · 1 not proven · 2 usage
`
