// Runs the commands of README.md's session and puts what they print below them; `--check` compares only (exit code 1).
// The speed of a replay is the one figure that differs from run to run: it does not count.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const path = join(root, 'README.md');
const readme = readFileSync(path, 'utf8');
const COMMAND = 'npx --no-install pagewalk';
const BLOCK = /(## A session\n\n```\n)([\s\S]*?)(```\n)/;

/** A command with the lines of its here-document, as they are typed. */
function run(lines) {
  const text = lines.map((line) => line.slice(2)).join('\n');
  const program = `"${process.execPath}" packages/cli/bin/pagewalk.mjs`;
  const result = spawnSync('bash', ['-c', text.replaceAll(COMMAND, program)], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '80' },
  });
  if (result.status !== 0) {
    console.error(`readme: ${lines[0]}\n${result.stderr}`);
    process.exit(1);
  }
  return result.stdout.trimEnd();
}

const session = BLOCK.exec(readme);
if (session === null) {
  console.error('readme: README.md has no block of commands below "## A session"');
  process.exit(1);
}
const lines = session[2].split('\n');
const parts = [];
for (let i = 0; i < lines.length; i++) {
  if (!lines[i].startsWith('$ ')) continue;
  const typed = [lines[i]];
  while (lines[i].includes('<<') && lines[i + typed.length]?.startsWith('> '))
    typed.push(lines[i + typed.length]);
  parts.push(`${typed.join('\n')}\n${run(typed)}\n`);
}
const made = parts.join('\n');
const comparable = (text) => text.replace(/\s+/g, ' ').replace(/[\d,]+ a second/g, 'N a second');
const same = comparable(made) === comparable(session[2]);
if (process.argv.includes('--check')) {
  if (!same) console.error('README.md shows what the commands do not print any more; run: npm run readme');
  process.exit(same ? 0 : 1);
}
if (!same)
  writeFileSync(
    path,
    readme.replace(BLOCK, (_, before, __, after) => before + made + after),
  );
