import { defineConfig } from 'vite';
import { dockviewStyle } from './dockview-style.ts';

/** Relative addresses: the page can be put into any folder of a static host. */
export default defineConfig({
  base: './',
  plugins: [dockviewStyle()],
  worker: { format: 'es' },
  build: { target: 'es2022', outDir: 'dist', emptyOutDir: true, chunkSizeWarningLimit: 2000 },
});
