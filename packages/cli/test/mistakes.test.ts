import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pagewalk, root } from './run-cli.ts';

const PIPELINE = 'packages/lab/recordings/pipeline.pwt';
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pagewalk-'));
  const trace = readFileSync(join(root, PIPELINE));
  writeFileSync(join(folder, 'short.pwt'), trace.subarray(0, trace.length - 1000));
  writeFileSync(join(folder, 'header.pwt'), trace.subarray(0, 40));
  const flipped = Buffer.from(trace);
  flipped[trace.length >> 1] = (flipped[trace.length >> 1] as number) ^ 0x55;
  writeFileSync(join(folder, 'flipped.pwt'), flipped);
  writeFileSync(join(folder, 'text.pwt'), 'hello\n');
  const program = readFileSync(join(root, 'packages/guest/programs/checks'));
  writeFileSync(join(folder, 'cut'), program.subarray(0, 200));
  writeFileSync(join(folder, 'script.ops'), '1 dump\n');
  writeFileSync(join(folder, 'empty.map'), '\n# nothing\n');
  writeFileSync(join(folder, 'bad.map'), '0 - 9fc00 (usable)\nnonsense\n');
  writeFileSync(join(folder, 'down.map'), '9fc00 - 0 (usable)\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Command lines with one mistake each; the message must hold the texts. `@` stands for the folder of bad files. */
const MISTAKES: readonly (readonly [line: string, ...texts: string[]])[] = [
  ['', 'Usage: pagewalk'],
  ['bot', "unknown command 'bot'", 'Did you mean boot', 'Allowed: boot run proc'],
  ['help bot', "unknown command 'bot'", 'Did you mean boot'],
  ['boot --memry 64M', "unknown option '--memry'", '--memory'],
  ['boot extra', 'too many arguments'],
  ['boot --memory', "'--memory <size>' argument missing"],
  ['boot --memory 64Q', '--memory', '64Q', '64M'],
  ['boot --memory 1M', '--memory', '1M', '8M to 64G'],
  ['boot --memory 65G', '--memory', '65G', '8M to 64G'],
  ['boot --memory 67108865', '--memory', '67108865', 'whole pages'],
  ['boot --release 2.5.0', '--release', '2.5.0', '2.4.22'],
  ['boot --machine vax', '--machine', 'vax', 'qemu'],
  ['boot --cpus 0', '--cpus', '0', '1 to 32'],
  ['boot --cpus 33', '--cpus', '33', '1 to 32'],
  ['boot --cpus two', '--cpus', 'two', '1 to 32'],
  ['boot --nodes 0', '--nodes', '0', '1 to 85'],
  ['run --root @/nowhere hello', '--root @/nowhere', 'no such folder'],
  ['run --root @/text.pwt hello', '@/text.pwt', 'no folder, but a file'],
  ['run --root @ sh', 'sh: no such program', '/bin', 'hello'],
  ['run --root @ /short.pwt', '/short.pwt', 'not an ELF program'],
  ['run --root @ ./', './', 'a folder of the machine'],
  ['run --mount @ hello', '--mount', '@', 'FOLDER:/PATH'],
  ['run --mount @:relative hello', '--mount', '@:relative', 'FOLDER:/PATH'],
  ['run --mount @:/a/../b hello', '--mount', '@:/a/../b', 'FOLDER:/PATH'],
  ['run --mount @:/x:rw hello', '--mount', '@:/x:rw', ':ro or :copy'],
  ['run --mount @/nowhere:/x hello', '--mount @/nowhere', 'no such folder'],
  ['run --mount @:/proc/x hello', 'mount /proc/x', 'nothing can be mounted there', 'ENOENT'],
  ['run --mount @:/dev/null hello', 'mount /dev/null', 'ENOTDIR'],
  ['run @', '@: a folder, no program', 'Allowed: an i386 program'],
  ['run /dev/zero', '/dev/zero: a device, no program'],
  ['run @/cut', '@/cut: broken', 'cut short'],
  ['boot --memory 16M --nodes 4', 'nodes', '4', '1 to 1', '8 MiB'],
  ['boot --highmem 8g', '--highmem', '8g', '64g'],
  ['boot --e820 @/none', '--e820', '@/none', 'no such file'],
  ['boot --e820 @', '--e820', 'directory'],
  ['boot --e820 @/empty.map', '--e820', 'no memory range'],
  ['boot --e820 @/bad.map', '--e820', 'line 2', 'nonsense', 'usable'],
  ['boot --e820 @/down.map', '--e820', 'line 1', 'not above'],
  ['boot --cmdline mem=nonsense', 'memory', 'mem=nonsense', 'kernel image'],
  ['boot --swap swap.img', '--swap', 'swap.img', 'made by mkswap'],
  ['boot --swap 64M,prio=x', '--swap', '64M,prio=x', 'prio=N'],
  ['boot --sysctl vm.overcommit_memory', '--sysctl', 'KEY=VALUE'],
  ['boot --sysctl vm.nonsense=1', 'vm.nonsense', 'vm.overcommit_memory'],
  ['boot --sysctl vm.overcommit_memory=x', 'vm.overcommit_memory=x', 'whole numbers'],
  ['boot --seed -1', '--seed', '-1', '0 to 4294967295'],
  ['boot --fail-alloc 0', '--fail-alloc', '0', 'at least 1'],
  ['boot --fail-io 0', '--fail-io', '0'],
  ['boot --swap 1K', '--swap', '1K'],
  ['boot --swap 64M,prio=40000', '--swap', '64M,prio=40000', '32767'],
  ['boot --check=often', '--check', 'often', 'every'],
  ['boot --events @/none/events.txt', '--events', 'cannot be written', 'no such file'],
  ['proc', "missing required argument 'file'", 'Allowed: pagewalk proc', '--help'],
  ['proc 3/maps --pid 2', '--pid 2', '3/maps'],
  ['proc meminf', 'meminf', 'meminfo'],
  ['proc self/mapz', 'self/mapz', 'self/maps'],
  ['proc self/maps', 'no process', '--after'],
  ['proc meminfo --at 5', '--at 5', '--after'],
  ['proc meminfo --after @/none', '--after', '@/none', 'no such file'],
  ['proc meminfo --after @', '--after', '@', 'directory'],
  [`proc meminfo --after ${PIPELINE} --at 99999999`, '--at 99999999', 'only', 'Allowed: 1 to'],
  [`proc meminfo --after ${PIPELINE} --at 0`, '--at', '0', 'at least 1'],
  [`proc self/maps --after ${PIPELINE} --at 2000 --pid 999`, '--pid 999', 'no such process', 'Allowed: 7'],
  ['proc self/maps --pid many', '--pid', 'many', '0 to 32767'],
  ['vtop', "missing required argument 'address'"],
  ['vtop hello', 'hello', 'hexadecimal'],
  ['vtop 123456789', '123456789', 'ffffffff'],
  ['vtop 08048000', 'no process', '--after'],
  ['ops', "missing required argument 'script'"],
  ['ops @/none.ops', '@/none.ops', 'no such file'],
  ['ops -', ':2:', "unknown op 'mmmap'"],
  [`ops ${PIPELINE}`, PIPELINE, 'this is a recording', 'pagewalk replay'],
  ['record -o @/none/x.pwt -- true', '--output', '@/none/x.pwt', 'cannot be written', 'no such file'],
  ['record -f -o @ -- true', '--output', 'directory'],
  ['record', "missing required argument 'command'"],
  [`record -o ${PIPELINE} -- true`, '--output', PIPELINE, 'exists', '--force'],
  ['workload', '(none)', 'Allowed: seq zipf'],
  ['workload sek 1 2 3', 'sek', 'no such pattern', 'Allowed: seq zipf'],
  ['workload seq 1 2', 'takes 3 arguments, not 2', 'seq <seed> <pages> <passes>'],
  ['workload seq 1 0 3', 'pages 0', 'from 1 to 700000'],
  ['workload unif 1 10 10 101', 'writepct 101', 'from 0 to 100'],
  ['workload readhot 1 10 10 1 4 f', "path 'f'", 'beginning with /'],
  ['workload seq 1 2 3 --memory 1M', '--memory', '1M', '8M to 64G'],
  ['workload seq 1 30000 1 --memory 8M --swap 1M', 'refused mmap of 30000 pages', 'ENOMEM'],
  ['workload --recorded nonsense', 'nonsense', 'no such recording', 'seq-fit'],
  ['compare 2.4.20 2.4.22', "missing required argument 'what'"],
  ['compare 2.4.19 2.4.22 seq 1 2 3', "configuration 2.4.19: '2.4.19'", '2.4.22'],
  ['compare memory=1M 2.4.22 seq 1 2 3', "'memory=1M'", '8M to 64G'],
  ['compare 2.4.22 2.4.22,swap=x seq 1 2 3', "'swap=x'", 'a size'],
  ['compare 2.4.22 nonsense=1 seq 1 2 3', "'nonsense=1'", 'KEY=VALUE'],
  ['compare 2.4.22 machine=vax seq 1 2 3', "'machine=vax'", 'qemu'],
  ['compare 2.4.22 vm.nonsense=1 seq 1 2 3', 'vm.nonsense', 'vm.overcommit_memory'],
  ['compare 2.4.22 2.4.20 sek 1 2 3', 'sek 1 2 3', 'neither a recording nor a workload'],
  ['compare 2.4.22 2.4.20 seq 1 2', 'takes 3 arguments, not 2'],
  ['compare 2.4.22 2.4.20 @/none.pwt', '@/none.pwt', 'no such file'],
  ['compare 2.4.22 2.4.20 @/short.pwt', '@/short.pwt', 'cut short'],
  ['explain', "missing required argument 'what'"],
  ['explain seq 1 2', 'takes 3 arguments, not 2'],
  ['explain sek 1 2 3', "'sek' is no pattern"],
  ['explain @/none.pwt', '@/none.pwt', 'no such file'],
  ['explain @/script.ops', 'neither a recording nor a pattern'],
  ['explain seq 1 2 3 --frame 0', '--frame', '0', '1 to'],
  ['explain seq 1 2 3 --address hello', '--address', 'hello', 'hexadecimal'],
  ['explain seq 1 2 3 --pid many', '--pid', 'many', '0 to 32767'],
  ['explain seq 1 2 3 --event 0', '--event', '0', 'at least 1'],
  ['explain seq 1 2 3 --event 1 --frame 2', '--frame and --event', 'one of'],
  ['replay', "missing required argument 'trace'"],
  ['replay --check @/none.pwt', '@/none.pwt', 'no such file'],
  ['replay @/none.pwt', '@/none.pwt', 'no such file'],
  ['replay @', '@', 'directory'],
  ['replay @/text.pwt', '@/text.pwt', 'not a recording', 'record'],
  ['replay @/script.ops', '@/script.ops', 'no recording', 'pagewalk ops'],
  ['replay @/header.pwt', '@/header.pwt', 'byte 40'],
  ['replay @/short.pwt', '@/short.pwt', 'cut short', 'byte'],
  ['replay @/flipped.pwt', '@/flipped.pwt', 'damaged', 'byte'],
  [`replay ${PIPELINE} --verify --content-free`, '--verify', '--content-free'],
  [`replay ${PIPELINE} --memory 8M --fail-alloc 400 --release 9`, '--release', '9'],
];

describe('a mistake is told in one to three lines, with exit code 2', () => {
  it.each(MISTAKES)('pagewalk %s', (line, ...texts) => {
    const words = line
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => word.replace('@', folder));
    const input = '1 mmap 0 4096 3 34 -\n2 mmmap 0\n';
    const { status, out, err } = pagewalk(words, input);
    expect(status).toBe(2);
    expect(out).toBe('');
    for (const text of texts) expect(err).toContain(text.replace('@', folder));
    expect(err).not.toMatch(/^\s+at /m);
    if (line !== '') expect(err.trim().split('\n').length).toBeLessThanOrEqual(3);
  });
});
