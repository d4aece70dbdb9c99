import { satteri } from '@astrojs/markdown-satteri'
import starlight from '@astrojs/starlight'
import { defineConfig } from 'astro/config'
import { embedded } from './src/site/embeds.ts'
import { outputs } from './src/site/outputs.ts'
import { runbookGroups } from './src/site/sidebar.ts'

const { before, behind } = outputs()

export default defineConfig({
  site: process.env.SITE_URL,
  markdown: {
    processor: satteri({
      mdastPlugins: [embedded],
      features: {
        // Quotes in prose stay as they are typed: an operations page must never turn 'x' into ‘x’.
        smartPunctuation: false,
        // `## Some words {#anchor .step}`: a link to a step must lead to the anchor that the command line prints, whatever
        // the Markdown engine thinks of the title. A step is numbered.
        headingAttributes: true,
      },
    }),
  },
  // Astro’s own mark in every page with components, which it reads before the bundler would lose it.
  vite: { build: { rolldownOptions: { checks: { moduleLevelDirective: false } } } },
  integrations: [
    before,
    starlight({
      title: 'Drillbook',
      description: 'An operations handbook that cannot drift from reality.',
      customCss: ['./src/site/style.css'],
      components: { Head: './src/site/components/Head.astro' },
      markdown: { processedDirs: ['./docs/', './runbooks/'] },
      pagefind: true,
      sidebar: [
        {
          label: 'Start',
          items: [
            { slug: 'index', label: 'What it is' },
            'start/quick-start',
            'start/write-a-runbook',
            'start/how-it-stays-true',
          ],
        },
        {
          label: 'Runbooks',
          items: [{ slug: 'runbooks', label: 'Overview' }, ...(await runbookGroups(import.meta.dirname))],
        },
        {
          label: 'When things go wrong',
          items: [
            { slug: 'recovery', label: 'Recovery plan' },
            { slug: 'monitoring', label: 'Monitoring and alerts' },
            { autogenerate: { directory: 'docs/recovery' } },
          ],
        },
        { label: 'Deployment guide', items: [{ autogenerate: { directory: 'docs/deploy' } }] },
        {
          label: 'Running a runbook',
          items: ['running/guarantees', 'running/events', 'running/notifications'],
        },
        {
          label: 'Architecture',
          items: [{ slug: 'architecture', label: 'Overview' }, 'architecture/services', 'security'],
        },
        {
          label: 'Reference',
          items: [{ autogenerate: { directory: 'docs/reference' } }],
        },
        {
          label: 'Contributing',
          items: [
            'contributing/pipelines',
            'contributing/releases',
            'contributing/publishing',
            'contributing/adopting',
            'performance',
          ],
        },
        { label: 'Decisions', items: [{ autogenerate: { directory: 'docs/decisions' } }] },
      ],
    }),
    behind,
  ],
})
