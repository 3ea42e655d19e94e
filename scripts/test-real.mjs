// Runs programs of others in the machine and natively, and compares what they print: packages/guest/real/README.md.
// Exit code 0: all the same; 1: something differs; 77: what it takes cannot be had here, said in one line.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SKIPPED = 77;
const RELEASES = ['2.4.22', '2.4.0'];
const MEMORIES = [
  { name: 'ample', options: ['--memory', '128M'] },
  { name: 'small', options: ['--memory', '8M', '--swap', '128M'] },
];
const PACKAGES = ['busybox-static', 'libc6-dev', 'libgcc-12-dev', 'linux-libc-dev'];
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** One run may take this long; on a quiet computer the longest takes a few seconds. */
const LIMIT_MS = 300_000;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const pagewalk = join(root, 'packages/cli/bin/pagewalk.mjs');
const sources = join(root, 'packages/guest/real');
const folder = mkdtempSync(join(tmpdir(), 'pagewalk-real-'));
const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));

function skip(why) {
  console.error(`test:real: skipped: ${why}`);
  process.exit(SKIPPED);
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: folder, encoding: 'utf8', timeout: LIMIT_MS, ...options });
}

/** Fetches Debian's i386 packages into the folder, with lists of its own; the computer's stay as they are. */
function fetchPackages() {
  const apt = join(folder, 'apt');
  for (const path of ['state/lists/partial', 'cache/archives/partial'])
    mkdirSync(join(apt, path), { recursive: true });
  writeFileSync(join(apt, 'status'), '');
  writeFileSync(
    join(apt, 'sources.list'),
    `deb [arch=i386 signed-by=${KEYRING}] http://deb.debian.org/debian bookworm main\n`,
  );
  const settings = [
    `Dir::State=${apt}/state`,
    `Dir::State::status=${apt}/status`,
    `Dir::Cache=${apt}/cache`,
    `Dir::Etc::sourcelist=${apt}/sources.list`,
    'Dir::Etc::sourceparts=/dev/null',
    'APT::Architecture=i386',
    'APT::Architectures=i386',
    'APT::Sandbox::User=',
    'Acquire::Languages=none',
    'Acquire::Retries=2',
    'Acquire::http::Timeout=20',
  ].flatMap((setting) => ['-o', setting]);
  if (run('apt-get', ['--version']).error) skip('there is no apt-get');
  if (!existsSync(KEYRING)) skip(`${KEYRING} is missing (Debian's package debian-archive-keyring)`);
  for (const action of [
    ['update', '-qq'],
    ['download', '-qq', ...PACKAGES],
  ]) {
    if (run('apt-get', [...settings, ...action]).status !== 0) {
      skip(`apt-get ${action[0]} failed; is there a network?`);
    }
  }
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
    if (run('dpkg-deb', ['-x', file, 'i386']).status !== 0) skip(`${file} cannot be unpacked`);
  }
}

/** Compiles the C programs; null, and a line that says why, if that cannot be done. */
function compile() {
  const library = join(folder, 'i386/usr');
  const folders = [join(library, 'lib/i386-linux-gnu/'), join(library, 'lib/gcc/i686-linux-gnu/12/')];
  const flags = [
    ...['-m32', '-static', '-O2', '-w'],
    ...['-isystem', join(library, 'include'), '-isystem', join(library, 'include/i386-linux-gnu')],
    ...folders.flatMap((path) => [`-B${path}`, `-L${path}`]),
  ];
  const names = readdirSync(sources)
    .filter((name) => name.endsWith('.c'))
    .map((name) => name.slice(0, -2));
  for (const name of names) {
    const result = run('gcc', [...flags, '-o', name, join(sources, `${name}.c`), '-lm', '-lpthread']);
    if (result.error || result.status !== 0) {
      const why = result.error ? 'there is no gcc' : `gcc -m32 fails (${result.stderr.split('\n')[0]})`;
      console.error(`test:real: without C programs: ${why}`);
      return null;
    }
  }
  return names;
}

/** Lines of text that are the same everywhere. */
function text(lines) {
  let state = 7;
  const words = [];
  for (let i = 0; i < lines; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words.push(`${state >>> 4} word${state % 997} ${'abcdefghij'.slice(state % 7)}`);
  }
  return `${words.join('\n')}\n`;
}

/** What runs: a program with arguments and input; `swaps`: with little memory it must live on swap. */
function casesOf(programs) {
  const huge = text(90_000);
  const big = text(8000);
  const small = text(2000);
  const shell = (script, input = '', more = {}) => ({
    program: 'busybox',
    args: ['sh', '-c', script],
    input,
    ...more,
  });
  const applet = (line, input = small, more = {}) => ({
    program: 'busybox',
    args: line.split(' '),
    input,
    ...more,
  });
  const cases = [
    applet('sort', huge, { swaps: true }),
    applet('awk {n[$2]+=$1}END{for(k=0;k<997;k++)print("word"k,n["word"k])}', big),
    applet('gzip -c', big),
    applet('cut -d. -f1 /no/such/file', ''),
    shell(
      'cat > f; md5sum f; sha256sum < f; wc f; tr a-j A-J < f | head; sed -n "s/word\\(9.*\\)/<\\1>/p" f | tail; od -x f | tail -3; ' +
        'sort -n -k2.5 f | md5sum; gzip < f | gunzip | md5sum; grep -c 99 f; ls f; rm f; ls f 2>&1',
      small,
    ),
    shell('tr " " "\\n" | sort | uniq -c | sort -rn | head -20', small),
    shell('i=0; while [ $i -lt 300 ]; do i=$((i+1)); done; echo $i; exit 7'),
    shell('for i in 1 2 3; do (echo "child $i"; exit $i); echo $?; done; kill -9 $$'),
    shell(
      'trap "echo trapped" USR1; kill -USR1 $$; sleep 0.1 & wait; echo one > f; echo two >> f; cat f; ' +
        'set -- a b c; echo "$# $*"; x=$(echo $((1<<20)) | rev); printf "%s|%05d|%x\\n" $x 42 255',
    ),
  ];
  const arguments_ = { sort: ['10'] };
  const swaps = new Set(['sort', 'heap']);
  for (const name of programs ?? []) {
    cases.push({ program: name, args: arguments_[name] ?? [], input: '', swaps: swaps.has(name) });
  }
  return cases;
}

/** Runs a command without blocking: its output, and its code as a shell has it. */
function start(command, args, input) {
  return new Promise((resolve) => {
    const cwd = mkdtempSync(join(folder, 'cwd-'));
    const child = spawn(command, args, { cwd, env: { PATH: '/none', ...nodeOptions() } });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, LIMIT_MS);
    children.add(child);
    const out = [];
    const err = [];
    child.stdout.on('data', (bytes) => out.push(bytes));
    child.stderr.on('data', (bytes) => err.push(bytes));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', (error) => resolve({ code: -1, out: Buffer.alloc(0), err: String(error) }));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      children.delete(child);
      const number = signal === null ? code : 128 + (SIGNALS[signal] ?? 0);
      resolve({ code: number, out: Buffer.concat(out), err: Buffer.concat(err).toString(), late });
    });
  });
}
const SIGNALS = { SIGKILL: 9, SIGTERM: 15, SIGABRT: 6, SIGSEGV: 11 };
const nodeOptions = () => (process.env.NODE_OPTIONS ? { NODE_OPTIONS: process.env.NODE_OPTIONS } : {});

/** One case on one machine: null, or what is wrong. */
async function difference(test, native, release, { name, options }) {
  const path = join(folder, test.program);
  const machine = ['run', '--release', release, ...options, '--env', 'PATH=/none', '--report'];
  const got = await start(process.execPath, [pagewalk, ...machine, path, ...test.args], test.input);
  const where = `${test.program} ${test.args.join(' ')} (${release}, ${name} memory)`;
  if (got.late) return `${where}: not done after ${LIMIT_MS / 1000} s`;
  if (!got.out.equals(native.out)) {
    const at = [...native.out].findIndex((byte, i) => byte !== got.out[i]);
    return `${where}: output differs from byte ${at < 0 ? native.out.length : at} on\n${got.err.slice(-600)}`;
  }
  if (got.code !== native.code)
    return `${where}: exit code ${got.code}, natively ${native.code}\n${got.err.slice(-600)}`;
  const swapped = Number(/^swap +(\d+) pages out/m.exec(got.err)?.[1] ?? 0);
  if (test.swaps && name === 'small' && swapped < 100) return `${where}: only ${swapped} pages went to swap`;
  return null;
}

async function main() {
  if (process.platform !== 'linux') skip('this is not Linux');
  if (run(process.execPath, [join(root, 'scripts/setup.mjs')]).status !== 0) process.exit(1);
  fetchPackages();
  const busybox = join(folder, 'busybox');
  run('cp', [join(folder, 'i386/bin/busybox'), busybox]);
  if (run(busybox, ['true']).status !== 0) skip('this computer does not run 32-bit programs');
  const cases = casesOf(compile());
  const natives = [];
  for (const test of cases) natives.push(await start(join(folder, test.program), test.args, test.input));
  const todo = cases.flatMap((test, i) =>
    RELEASES.flatMap((release) =>
      MEMORIES.map((memory) => () => difference(test, natives[i], release, memory)),
    ),
  );
  const failures = [];
  let done = 0;
  const work = async () => {
    for (let job = todo.shift(); job !== undefined; job = todo.shift()) {
      const failure = await job();
      done++;
      if (failure !== null) {
        failures.push(failure);
        console.error(`test:real: ${failure}`);
      }
      if (process.stderr.isTTY)
        process.stderr.write(`\r${done} of ${done + todo.length} runs, ${failures.length} differ `);
    }
  };
  await Promise.all([work(), work()]);
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  console.log(
    `test:real: ${cases.length} programs, ${done} runs, ${failures.length} differ from the native ones`,
  );
  process.exit(failures.length === 0 ? 0 : 1);
}

await main();
