/** How the page is built: `vite build --config src/web/page/vite.config.ts`, into dist/page. Nothing of it is built or fetched on a Pi that has the package. */
import { fileURLToPath } from 'node:url';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// biome-ignore lint/style/noDefaultExport: Vite reads its configuration from a default export.
export default {
  root: here('.'),
  // Relative, so that the page works below any path of a reverse proxy.
  base: './',
  clearScreen: false,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../../../dist/page'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
};
