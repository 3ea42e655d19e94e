import type { Kernel } from '@pagewalk/mm';

type Mapping = NonNullable<ReturnType<Kernel['pageCache']['mappingOf']>>;

/** Names of the files whose pages are cached, by the number of their mapping. */
export function fileNames(kernel: Kernel): Map<number, string> {
  const names = new Map<number, string>();
  for (const path of kernel.fs.paths()) {
    const inode = kernel.fs.lookup(path);
    if (inode !== null) names.set(inode.mapping.id, path);
  }
  for (const task of kernel.tasks) {
    for (const file of task.files) if (file) names.set(file.inode.mapping.id, file.path);
    for (let vma = task.mm?.mmap ?? null; vma !== null; vma = vma.vmNext) {
      if (vma.vmFile !== null) names.set(vma.vmFile.inode.mapping.id, vma.vmFile.path);
    }
  }
  return names;
}

/** What a mapping is, for a person. */
export function nameOf(kernel: Kernel, mapping: Mapping, names: ReadonlyMap<number, string>): string {
  if (mapping === kernel.paging.swapCache.mapping) return 'swap cache';
  const name = names.get(mapping.id);
  if (name !== undefined) return name;
  const { host } = mapping;
  if (host === null) return `mapping ${mapping.id}`;
  const device = `${(host.dev >>> 8).toString(16).padStart(2, '0')}:${(host.dev & 255).toString(16).padStart(2, '0')}`;
  return host.kind === 'blockdev' ? `block device ${device}` : `inode ${host.ino} on ${device}`;
}
