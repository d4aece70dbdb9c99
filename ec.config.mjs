import { defineEcConfig } from '@astrojs/starlight/expressive-code'
import { pasteableBlocks } from './src/site/pasteable-blocks.ts'

/** In a file of its own, so that components can show code, too. */
export default defineEcConfig({
  plugins: [pasteableBlocks()],
  // Both options change what is copied; a block must be copied exactly as it was drilled.
  frames: { extractFileNameFromCode: false, removeCommentsWhenCopyingTerminalFrames: false },
  tabWidth: 0,
  styleOverrides: { borderRadius: '0.4rem' },
})
