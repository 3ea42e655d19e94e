import type { SysvShm } from './sysv-shm.ts';

const HEADER =
  '       key      shmid perms       size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime\n';

/** The text of /proc/sysvipc/shm. @linux 2.4.22 ipc/shm.c sysvipc_shm_read_proc() */
export function sysvipcShmText(shm: SysvShm): string {
  let text = HEADER;
  for (const segment of shm.segments()) {
    const { perm } = segment;
    const columns = [
      pad(perm.key | 0, 10),
      pad(segment.id, 10),
      ` ${perm.mode.toString(8).padStart(4)}`,
      pad(segment.segsz, 10),
      pad(segment.cpid, 5),
      pad(segment.lpid, 5),
      ` ${pad(segment.nattch, 5)}`,
      pad(perm.uid, 5),
      pad(perm.gid, 5),
      pad(perm.cuid, 5),
      pad(perm.cgid, 5),
      pad(segment.atime, 10),
      pad(segment.dtime, 10),
      pad(segment.ctime, 10),
    ];
    text += `${columns.join(' ')}\n`;
  }
  return text;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width);
}
