import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { FileTable } from '../../src/record/file-table.ts';
import { LackeyParser } from '../../src/record/lackey-parser.ts';
import { parseMaps } from '../../src/record/process-maps.ts';
import { RecordedProcess, type RecordingContext } from '../../src/record/recorded-process.ts';
import { traceFromBytes } from '../../src/trace/open.ts';
import { memorySink } from '../../src/trace/sink.ts';
import { TraceWriter } from '../../src/trace/writer.ts';
import { HEADER, readAll } from '../trace/events.ts';

const FIXTURES = fileURLToPath(new URL('fixtures', import.meta.url));

it('a real log of a small program becomes the events that its source says', () => {
  const sink = memorySink();
  const writer = new TraceWriter(sink, HEADER);
  const children: RecordedProcess[] = [];
  const context: RecordingContext = {
    writer,
    files: new FileTable(writer, FIXTURES),
    filter: { depth: 16, refresh: 65536 },
    forked: (child) => children.push(child),
    finished: () => children.every((child) => child.ended),
    outside: 0,
  };
  const parent = new RecordedProcess(context, 12893, 0, { program: 'tiny', directory: FIXTURES });
  const tool = '58000000-58001000 r--p 00000000 fe:00 1 /usr/libexec/valgrind/lackey-amd64-linux';
  parent.beginLog(
    parseMaps(`00400000-00401000 r-xp 00000000 fe:00 1 ${FIXTURES}/tiny
00401000-00402000 rw-p 00000000 fe:00 1 ${FIXTURES}/tiny
${tool}
1ffeffe000-1fff001000 rw-p 00000000 00:00 0 `),
  );
  const log = readFileSync(`${FIXTURES}/tiny-0.lackey.txt`);
  const used = new LackeyParser(parent).parse(log, log.length);
  // The parent's wait for its child cannot be over before the child's log was read.
  expect(log.subarray(used).toString()).toMatch(/^SYSCALL\[12893,1\]\(61\) \.\.\./);
  parent.flushWork();
  expect(children.map((child) => [child.pid, child.index])).toEqual([[12894, 1]]);
  const child = children[0]!;
  child.beginLog(null);
  const childLog = readFileSync(`${FIXTURES}/tiny-1.lackey.txt`);
  expect(new LackeyParser(child).parse(childLog, childLog.length)).toBe(childLog.length);
  const rest = log.subarray(used);
  expect(new LackeyParser(parent).parse(rest, rest.length)).toBe(rest.length);
  writer.close();
  expect(context.outside).toBe(0);
  expect(parent.ended).toBe(true);

  // Mappings: 0 stack, 1 heap, 2 program (page 0 text, 1 data and bss, 2 and 3 bss), 3 mmap, 4 mremap.
  const events = readAll(traceFromBytes(sink.bytes())).filter((event) => !event.includes(' work '));
  expect(events).toEqual([
    'file 0 tiny 1152',
    '0 exec 0 0 1',
    '0 image 2 0 4',
    '0 fixed 2 0 1 5 2050 0 0',
    '0 fixed 2 1 1 3 2050 0 0',
    '0 fixed 2 2 2 3 34 -1 0',
    '0 reference 2 1 1', // the kernel clears the start of the bss
    '0 reference 2 0 2',
    '0 reference 0 0 1', // pushes: the stack's highest page
    '0 break 1 3',
    '0 reference 2 0 2',
    '0 reference 1 2 1',
    '0 reference 2 3 1',
    '0 map 3 5 3 34 -1 0',
    '0 reference 2 0 2',
    '0 reference 3 0 1',
    '0 reference 3 1 1',
    '0 reference 3 2 1',
    '0 reference 3 3 1',
    '0 reference 3 4 1',
    '0 protect 3 1 1 1',
    '0 reference 2 0 2',
    '0 fixed 3 2 1 3 34 -1 0',
    '0 reference 2 0 2',
    '0 reference 3 2 1',
    '0 unmap 3 4 1',
    '0 reference 2 0 2',
    '0 advise 3 0 1 4',
    '0 reference 2 0 2',
    '0 remap 3 3 1 40 1 4',
    '0 reference 2 0 2',
    '0 reference 2 1 0',
    '0 reference 4 20 1',
    '0 fork 1 false',
    '0 reference 2 0 2',
    '1 reference 2 0 2',
    '1 reference 3 2 1', // copy on write
    '1 exit 7',
    '0 reference 2 1 0', // the kernel reads the buffer of write
    '0 exit 3',
  ]);
  expect(writer.totals).toMatchObject({ processes: 2, mappings: 5 });
});
