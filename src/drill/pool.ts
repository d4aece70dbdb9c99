/** Runs the jobs in their order, at most `width` at a time. */
export async function pool(jobs: readonly (() => Promise<void>)[], width: number): Promise<void> {
  const waiting = [...jobs]
  const worker = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) await job()
  }
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, worker))
}
