import { unified } from '@astrojs/markdown-remark'
import starlight from '@astrojs/starlight'
import { defineConfig } from 'astro/config'
import { headingAnchors } from './src/site/heading-anchors.ts'
import { outputs } from './src/site/outputs.ts'
import { placedEmbeds } from './src/site/placed-embeds.ts'
import { runbookGroups } from './src/site/sidebar.ts'

export default defineConfig({
  site: process.env.SITE_URL,
  // Quotes in prose stay as they are typed: an operations page must never turn 'x' into ‘x’.
  markdown: {
    processor: unified({
      remarkPlugins: [placedEmbeds],
      rehypePlugins: [headingAnchors],
      smartypants: false,
    }),
  },
  integrations: [
    outputs(),
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
  ],
})
