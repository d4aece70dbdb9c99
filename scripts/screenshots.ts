/** `pnpm screenshots`: the pictures of the README, from the built site. Build first: `pnpm build`. */
import { writeFileSync } from 'node:fs'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import { serve } from '../src/site/serve.ts'

const pictures = [{ path: '/runbooks/restore/', file: 'docs/images/runbook.png', width: 1280, height: 800 }]

const site = await serve('dist')
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
try {
  for (const { path, file, width, height } of pictures) {
    const page = await browser.newPage({
      viewport: { width, height },
      deviceScaleFactor: 1.5,
      colorScheme: 'light',
    })
    await page.goto(site.url + path, { waitUntil: 'networkidle' })
    const picture = await page.screenshot()
    writeFileSync(file, await sharp(picture).png({ palette: true, colours: 96, effort: 10 }).toBuffer())
    console.log(`taken: ${file}`)
  }
} finally {
  await browser.close()
  site.close()
}
