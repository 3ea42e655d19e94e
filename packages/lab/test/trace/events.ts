import fc from 'fast-check';
import { Access, EventKind, ImageRole, NO_FILE } from '../../src/trace/format.ts';
import type { TraceHeader } from '../../src/trace/header.ts';
import type { TraceReader } from '../../src/trace/reader.ts';
import type { TraceWriter } from '../../src/trace/writer.ts';

export const HEADER: TraceHeader = {
  command: ['sort', '-o', 'Ausgabe – α', 'input'],
  note: 'a test',
  recorder: 'test',
  recordedAt: '2024-01-01T00:00:00.000Z',
  machine: { system: 'Linux 6.1', architecture: 'x86_64', processor: 'p', cpus: 2, memoryBytes: 1 << 30 },
  real: { minorFaults: 123, majorFaults: 4, seconds: 0.25, status: 0 },
  filter: { depth: 16, refresh: 65536 },
};

/** Writes one random event and returns what a reader must see of it (references: one entry each). */
export type Step = (writer: TraceWriter, state: State) => string[];

/** What the random writer needs to stay within the ids that exist. */
export interface State {
  files: number;
  mappings: number;
  processes: number;
}

const seed = fc.nat();
const page = fc.oneof(fc.nat(20), fc.nat(0x7fffff00));
const pages = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 0x7fffffff }));
const bits = fc.oneof(fc.nat(7), fc.nat({ max: 0xffffffff }));
const big = fc.oneof(fc.nat(300), fc.maxSafeNat());

/** A random event; ids are taken modulo those that exist. */
export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        seed,
        page,
        fc.constantFrom(...Object.values(Access)),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(2),
      )
      .map(
        ([m, p, access, count, stride]): Step =>
          (writer, state) => {
            const seen: string[] = [];
            if (state.mappings === 0) return seen;
            const mapping = m % state.mappings;
            for (let i = 0; i < count; i++) {
              writer.reference(mapping, p + i * stride, access);
              seen.push(`${writer.process} reference ${mapping} ${p + i * stride} ${access}`);
            }
            return seen;
          },
      ),
  },
  big.map(
    (n): Step =>
      (writer) => {
        const count = (n % 1_000_000) + 1;
        writer.work(count);
        return [`${writer.process} work ${count}`];
      },
  ),
  seed.map(
    (n): Step =>
      (writer, state) => {
        writer.switchTo(n % state.processes);
        return [];
      },
  ),
  fc.tuple(fc.string({ unit: 'grapheme', maxLength: 20 }), big).map(
    ([name, bytes]): Step =>
      (writer, state) => {
        const id = writer.file(name, bytes);
        state.files++;
        return [`file ${id} ${name} ${bytes}`];
      },
  ),
  seed.map(
    (n): Step =>
      (writer, state) => {
        if (state.files === 0) return [];
        const { stack, heap } = writer.exec(n % state.files);
        state.mappings += 2;
        return [`${writer.process} exec ${n % state.files} ${stack} ${heap}`];
      },
  ),
  fc.tuple(fc.constantFrom(...Object.values(ImageRole)), pages).map(
    ([role, count]): Step =>
      (writer, state) => {
        state.mappings++;
        return [`${writer.process} image ${writer.image(role, count)} ${role} ${count}`];
      },
  ),
  fc.tuple(pages, bits, bits, seed, big).map(
    ([count, prot, flags, f, filePage]): Step =>
      (writer, state) => {
        const file = (f % (state.files + 1)) - 1;
        const from = file === NO_FILE ? 0 : filePage;
        state.mappings++;
        const id = writer.map(count, prot, flags, file, from);
        return [`${writer.process} map ${id} ${count} ${prot} ${flags} ${file} ${from}`];
      },
  ),
  fc.tuple(seed, page, pages, bits, bits, seed, big).map(([m, p, count, prot, flags, f, filePage]): Step => {
    return (writer, state) => {
      if (state.mappings === 0) return [];
      const mapping = m % state.mappings;
      const file = (f % (state.files + 1)) - 1;
      const from = file === NO_FILE ? 0 : filePage;
      writer.mapFixed(mapping, p, count, prot, flags, file, from);
      return [`${writer.process} fixed ${mapping} ${p} ${count} ${prot} ${flags} ${file} ${from}`];
    };
  }),
  fc
    .tuple(fc.constantFrom('unmap', 'protect', 'advise'), seed, page, pages, bits)
    .map(([what, m, p, count, n]): Step => {
      return (writer, state) => {
        if (state.mappings === 0) return [];
        const mapping = m % state.mappings;
        if (what === 'unmap') writer.unmap(mapping, p, count);
        else if (what === 'protect') writer.protect(mapping, p, count, n);
        else writer.advise(mapping, p, count, n);
        return [`${writer.process} ${what} ${mapping} ${p} ${count}${what === 'unmap' ? '' : ` ${n}`}`];
      };
    }),
  fc.tuple(seed, page).map(
    ([m, count]): Step =>
      (writer, state) => {
        if (state.mappings === 0) return [];
        writer.break(m % state.mappings, count);
        return [`${writer.process} break ${m % state.mappings} ${count}`];
      },
  ),
  fc
    .tuple(seed, page, pages, pages, bits, fc.boolean())
    .map(([m, p, count, newCount, flags, moved]): Step => {
      return (writer, state) => {
        if (state.mappings === 0) return [];
        const mapping = m % state.mappings;
        const id = writer.remap(mapping, p, count, newCount, flags, moved);
        if (id !== mapping) state.mappings++;
        return [`${writer.process} remap ${mapping} ${p} ${count} ${newCount} ${flags} ${id}`];
      };
    }),
  fc.boolean().map(
    (vfork): Step =>
      (writer, state) => {
        state.processes++;
        return [`${writer.process} fork ${writer.fork(vfork)} ${vfork}`];
      },
  ),
  bits.map(
    (status): Step =>
      (writer) => {
        writer.exit(status);
        return [`${writer.process} exit ${status}`];
      },
  ),
);

/** Reads the whole trace into the form of Step's results. */
export function readAll(t: TraceReader): string[] {
  const seen: string[] = [];
  while (t.next()) {
    const range = `${t.mapping} ${t.page} ${t.pages}`;
    const backing = `${t.prot} ${t.flags} ${t.file} ${t.filePage}`;
    switch (t.kind) {
      case EventKind.Reference:
        for (let i = 0; i < t.count; i++) {
          seen.push(`${t.process} reference ${t.mapping} ${t.page + i * t.stride} ${t.access}`);
        }
        break;
      case EventKind.Work:
        seen.push(`${t.process} work ${t.references}`);
        break;
      case EventKind.File:
        seen.push(`file ${t.file} ${t.name} ${t.bytes}`);
        break;
      case EventKind.Exec:
        seen.push(`${t.process} exec ${t.file} ${t.stack} ${t.heap}`);
        break;
      case EventKind.Image:
        seen.push(`${t.process} image ${t.mapping} ${t.role} ${t.pages}`);
        break;
      case EventKind.Map:
        seen.push(`${t.process} map ${t.mapping} ${t.pages} ${backing}`);
        break;
      case EventKind.MapFixed:
        seen.push(`${t.process} fixed ${range} ${backing}`);
        break;
      case EventKind.Unmap:
        seen.push(`${t.process} unmap ${range}`);
        break;
      case EventKind.Protect:
        seen.push(`${t.process} protect ${range} ${t.prot}`);
        break;
      case EventKind.Advise:
        seen.push(`${t.process} advise ${range} ${t.advice}`);
        break;
      case EventKind.Break:
        seen.push(`${t.process} break ${t.mapping} ${t.pages}`);
        break;
      case EventKind.Remap:
        seen.push(`${t.process} remap ${range} ${t.newPages} ${t.flags} ${t.newMapping}`);
        break;
      case EventKind.Fork:
        seen.push(`${t.process} fork ${t.child} ${t.vfork}`);
        break;
      case EventKind.Exit:
        seen.push(`${t.process} exit ${t.status}`);
        break;
    }
  }
  return seen;
}
