import { configDefaults, defineConfig } from 'vitest/config';

const BROWSER = 'packages/explorer/test/browser/**';

/** Tests in a browser come last and one after the other: a page that shares its processors with other tests is slow to answer. */
export default defineConfig({
  test: {
    globalSetup: ['packages/cli/test/build-setup.ts'],
    setupFiles: ['scripts/test-seed.mjs'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['packages/*/test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, BROWSER],
          // Else one processor of two is left idle.
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: [`${BROWSER}/*.test.ts`],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
