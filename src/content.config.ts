import { defineCollection } from 'astro:content'
import { docsSchema } from '@astrojs/starlight/schema'
import { glob } from 'astro/loaders'
import { z } from 'astro/zod'
import { serviceFacts } from './site/compose.ts'
import { composeLoader } from './site/compose-loader.ts'
import { several } from './site/loaders.ts'
import { proofFacts } from './site/proof.ts'
import { refusalLoader } from './site/refusal-loader.ts'
import { runbookLoader } from './site/runbook-loader.ts'
import { sequenceStep } from './site/sequence.ts'

export const collections = {
  docs: defineCollection({
    loader: several(
      glob({ base: './docs', pattern: ['**/[^_]*.{md,mdx}', '!**/README.md'] }),
      runbookLoader({ under: 'runbooks' }),
    ),
    schema: docsSchema({
      extend: z.object({
        /** Only on the page of a runbook: what the overviews show of it. */
        runbook: z
          .object({
            name: z.string(),
            category: z.string(),
            destructive: z.boolean(),
            /** What users notice while it is played. */
            impact: z.string().optional(),
            objective: z.object({ rto: z.string().optional(), rpo: z.string().optional() }),
            proof: proofFacts,
            steps: z.array(sequenceStep),
            /** Service → the steps whose commands address it, by their titles. */
            services: z.record(z.string(), z.array(z.string())),
          })
          .optional(),
      }),
    }),
  }),
  refusals: defineCollection({
    loader: refusalLoader('docs/reference/refused.txt'),
    schema: z.object({ command: z.string(), found: z.string(), expected: z.string() }),
  }),
  services: defineCollection({ loader: composeLoader('stack/compose.yaml'), schema: serviceFacts }),
}
