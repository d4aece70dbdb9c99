import { $, runbook, step, text } from '#runbook'

/** Commands: arguments, quotes, pipelines and redirections */
const { WORD } = runbook({ params: { WORD: text('A word.', 'two words') } })

await step('One command', () => $`probe one`)

await step('Arguments', async () => {
  await $`probe --x=${WORD} ${WORD}${WORD} a${WORD}b`
  await $`probe 'single $quoted * ! text' "double quoted" mixed' 'word a=b @ % , : + -`
  await $`probe ''`
})

await step('A pipeline', () => $`probe print ${WORD} | cat | cat >pipeline.txt`)

await step('Redirections', async () => {
  await $`probe print x > out.txt 2> err.txt`
  await $`probe print y >> out.txt 2>&1`
  await $`probe read < out.txt`
  await $`probe print z 2>&1 | cat > ${WORD}`
})

await step('Closed input', () => $`probe read`)
