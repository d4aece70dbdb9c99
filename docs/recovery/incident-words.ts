/** Severities and messages, from the words that the programs of incidents use: nothing of them is typed on the page. Pure. */

/** The fields of a here-document of `stack/images/toolbox/bin/incident-words`. Throws if there is none. */
function rows(source: string, label: string): string[][] {
  const text = new RegExp(`<<'${label}'\\n([\\s\\S]*?)\\n${label}\\n`).exec(source)?.[1]
  if (text === undefined) throw new Error(`incident-words has no ${label}.`)
  return text.split('\n').map((line) => line.split('|').map((field) => field.trim()))
}

const audiences: Record<string, string> = { team: 'the team', reporter: 'whoever reported it' }

export function severities(source: string) {
  return rows(source, 'MATRIX').map(
    ([name = '', meaning = '', answer = '', escalate = '', told = '', every]) => {
      const who = told.split(' ').map((audience) => audiences[audience] ?? audience)
      return { name, meaning, answer, escalate, told: `${who.join(', ')}: ${often(Number(every))}` }
    },
  )
}

function often(minutes: number): string {
  if (minutes === 0) return 'when it is over'
  return minutes % 60 === 0 ? `every ${minutes / 60} hours` : `every ${minutes} minutes`
}

/** The sentences of each state, with the name in brackets of what is filled in. */
export function messages(source: string) {
  const sentences = rows(source, 'MESSAGES')
  return [...new Set(sentences.map(([state]) => state))].map((state) => {
    const [name = '', ...text] = sentences.filter(([other]) => other === state).map(([, text = '']) => text)
    return { name, text: text.map((sentence) => sentence.replace(/\{(\w+)\}/g, '[$1]')).join(' ') }
  })
}
