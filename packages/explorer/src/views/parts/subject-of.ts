import type { Subject, SubjectView } from '../../protocol/subject.ts';

const NO_FRAMES = new Int32Array(0);

/** What a selection says by itself, before the machine has told what belongs to it. */
export function subjectOf(of: Subject): SubjectView {
  const bare: SubjectView = {
    view: 'subject',
    of,
    name: '',
    pfn: -1,
    frames: NO_FRAMES,
    pid: 0,
    address: -1,
    area: -1,
    cache: '',
    slab: -1,
    file: '',
    page: -1,
    swapArea: -1,
    slot: -1,
    list: '',
    zone: '',
    order: -1,
    time: -1,
  };
  switch (of.kind) {
    case 'none':
    case 'event':
      return bare;
    case 'frame':
      return { ...bare, pfn: of.pfn };
    case 'address':
      return { ...bare, pid: of.pid, address: of.address };
    case 'area':
      return { ...bare, pid: of.pid, area: of.start };
    case 'slab':
      return { ...bare, cache: of.cache, pfn: of.pfn ?? -1, slab: of.pfn ?? -1 };
    case 'task':
      return { ...bare, pid: of.pid };
    case 'file':
      return { ...bare, file: of.path, page: of.page ?? -1 };
    case 'slot':
      return { ...bare, swapArea: of.area, slot: of.slot };
  }
}
