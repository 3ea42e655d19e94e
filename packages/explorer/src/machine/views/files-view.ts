import { type Kernel, PG } from '@pagewalk/mm';
import type { FilesView } from '../../protocol/views.ts';
import { fileNames, nameOf } from './file-names.ts';

const PAGES_MAX = 4096;
const PAGE = 4096;

/** The page cache, file by file: those that have pages there. */
export function filesView(kernel: Kernel): FilesView {
  const names = fileNames(kernel);
  const files: FilesView['files'][number][] = [];
  const { next, index, flags } = kernel.memMap;
  kernel.pageCache.forEachMapping((mapping) => {
    const { host } = mapping;
    if (host === null || mapping.nrpages === 0 || mapping === kernel.paging.swapCache.mapping) return;
    const pages = new Uint8Array(Math.min(PAGES_MAX, Math.ceil(host.size / PAGE)));
    let dirty = 0;
    for (const head of [mapping.cleanPages, mapping.dirtyPages, mapping.lockedPages]) {
      for (let pfn = next[head] as number; pfn !== head; pfn = next[pfn] as number) {
        const bits = flags[pfn] as number;
        const isDirty = head === mapping.dirtyPages || (bits & PG.dirty) !== 0;
        if (isDirty) dirty++;
        const at = (index[pfn] as number) >>> 0;
        if (at < pages.length) pages[at] = (bits & PG.locked) !== 0 ? 3 : isDirty ? 2 : 1;
      }
    }
    files.push({
      path: nameOf(kernel, mapping, names),
      size: host.size,
      cached: mapping.nrpages,
      dirty,
      mapped: mapping.iMmap.length + mapping.iMmapShared.length > 0,
      pages,
    });
  });
  return { view: 'files', files: files.sort((a, b) => b.cached - a.cached) };
}
