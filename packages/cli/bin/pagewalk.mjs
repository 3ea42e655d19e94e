#!/usr/bin/env node
// The command is built, and what it depends on installed, by `npm start` and `npm test`.
try {
  await import('../dist/main.js');
} catch (error) {
  if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  const missing = /Cannot find \w+ '([^']*)'/.exec(error.message)?.[1] ?? error.message;
  console.error(
    `pagewalk: not set up (${missing} is missing)\nRun "npm run setup" in the clone's root first.`,
  );
  process.exitCode = 2;
}
