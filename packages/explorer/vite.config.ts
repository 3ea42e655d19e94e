import { defineConfig } from 'vite';

/** Relative addresses: the page can be put into any folder of a static host. */
export default defineConfig({
  base: './',
  worker: { format: 'es' },
  build: { target: 'es2022', outDir: 'dist', emptyOutDir: true },
});
