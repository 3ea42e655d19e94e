import type { Subject } from '../../src/protocol/subject.ts';
import type { ViewRequest } from '../../src/protocol/views.ts';

type AllViews = { [V in ViewRequest['view']]: Extract<ViewRequest, { view: V }> };
type AllSubjects = { [K in Subject['kind']]: Extract<Subject, { kind: K }> };

/** Requests for each view, and for each kind of thing that can be selected. The types hold that none is missing. */
export function everyView(pid: number): ViewRequest[] {
  const address = 0x08048000;
  const subjects: AllSubjects = {
    none: { kind: 'none' },
    frame: { kind: 'frame', pfn: 1500 },
    address: { kind: 'address', pid, address },
    area: { kind: 'area', pid, start: address },
    slab: { kind: 'slab', cache: 'vm_area_struct' },
    event: { kind: 'event', seq: 20 },
    task: { kind: 'task', pid },
    file: { kind: 'file', path: '/f', page: 3 },
    slot: { kind: 'slot', area: 0, slot: 5 },
  };
  const views: AllViews = {
    memory: { view: 'memory' },
    zones: { view: 'zones' },
    tasks: { view: 'tasks' },
    space: { view: 'space', pid },
    walk: { view: 'walk', pid, address },
    tlb: { view: 'tlb' },
    lists: { view: 'lists' },
    slab: { view: 'slab' },
    'slab-cache': { view: 'slab-cache', name: 'vm_area_struct' },
    vmalloc: { view: 'vmalloc' },
    swap: { view: 'swap' },
    files: { view: 'files' },
    oom: { view: 'oom' },
    counters: { view: 'counters' },
    events: { view: 'events', from: 0, count: 100, filter: { names: [], pid: 0, text: 'a' } },
    frame: { view: 'frame', pfn: 1500 },
    subject: { view: 'subject', of: subjects.frame },
    proc: { view: 'proc', path: 'meminfo', pid: 0 },
  };
  return [
    ...Object.values(views),
    ...Object.values(subjects).map((of) => ({ view: 'subject', of }) as const),
  ];
}
