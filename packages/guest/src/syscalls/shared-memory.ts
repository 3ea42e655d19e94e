/** System V shared memory: one call for all, and one each. @linux 2.4.22 ipc/shm.c, arch/i386/kernel/sys_i386.c sys_ipc() */
import { Errno } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import type { GuestTask } from '../task.ts';
import type { SystemCall } from './call.ts';

const IPC = { shmat: 21, shmdt: 22, shmget: 23, shmctl: 24 } as const;
const CTL = { set: 1, stat: 2, ipcInfo: 3, shmStat: 13, shmInfo: 14 } as const;
/** Asks for the newer form of the structs, whose ids have 32 bits. */
const IPC_64 = 0x100;
type Buffer = NonNullable<Parameters<GuestTask['process']['shmctl']>[2]>;

export const shmget: SystemCall = (_guest, { process }, key, size, flags) =>
  process.shmget(key | 0, size, flags);
export const shmat: SystemCall = (_guest, { process }, id, addr, flags) => process.shmat(id, addr, flags);
export const shmdt: SystemCall = (_guest, { process }, addr) => process.shmdt(addr);

/**
 * ```
 *   shmid64_ds: key | uid | gid | cuid | cgid | mode | seq | 2 unused | size | 3 times of 64 bits | cpid | lpid | nattch | 2 unused
 *   shmid_ds:   key | uid, gid, cuid, cgid, mode, seq (16 bits each) | size | 3 times | cpid, lpid, nattch (16 bits each) | 10 bytes
 * ```
 */
function statBytes(stat: NonNullable<Buffer['stat']>, wide: boolean): Uint8Array<ArrayBuffer> {
  const { key, uid, gid, cuid, cgid, mode, seq } = stat.perm;
  const { segsz, atime, dtime, ctime, cpid, lpid, nattch } = stat;
  const bytes = new Uint8Array(wide ? 84 : 48);
  const view = new DataView(bytes.buffer);
  if (wide) {
    const words = [
      key,
      uid,
      gid,
      cuid,
      cgid,
      mode,
      seq,
      0,
      0,
      segsz,
      atime,
      0,
      dtime,
      0,
      ctime,
      0,
      cpid,
      lpid,
      nattch,
    ];
    words.forEach((word, i) => {
      view.setUint32(4 * i, word >>> 0, true);
    });
    return bytes;
  }
  view.setUint32(0, key >>> 0, true);
  [uid, gid, cuid, cgid, mode, seq].forEach((half, i) => {
    view.setUint16(4 + 2 * i, half, true);
  });
  [segsz, atime, dtime, ctime].forEach((word, i) => {
    view.setUint32(16 + 4 * i, word >>> 0, true);
  });
  [cpid, lpid, nattch].forEach((half, i) => {
    view.setUint16(32 + 2 * i, half, true);
  });
  return bytes;
}

/** What IPC_SET reads: owner and mode. */
function readSet({ user }: Guest, at: number, wide: boolean): NonNullable<Buffer['set']> | null {
  const bytes = user.get(at, wide ? 24 : 14);
  if (bytes === null) return null;
  const view = new DataView(bytes.buffer);
  return wide
    ? { uid: view.getUint32(4, true), gid: view.getUint32(8, true), mode: view.getUint16(20, true) }
    : { uid: view.getUint16(4, true), gid: view.getUint16(6, true), mode: view.getUint16(12, true) };
}

export const shmctl: SystemCall = (guest, { process }, id, command, at) => {
  const { user } = guest;
  const wide = (command & IPC_64) !== 0;
  const kind = command & ~IPC_64;
  const buffer: Buffer = {};
  if (kind === CTL.set) {
    const set = readSet(guest, at, wide);
    if (set === null) return -Errno.EFAULT;
    buffer.set = set;
  }
  const result = process.shmctl(id | 0, kind, buffer);
  if (result < 0) return result;
  const { stat, limits, info } = buffer;
  let told = true;
  if ((kind === CTL.stat || kind === CTL.shmStat) && stat !== undefined) {
    told = user.put(at, statBytes(stat, wide));
  } else if (kind === CTL.ipcInfo && limits !== undefined) {
    const { shmmax, shmmin, shmmni, shmseg, shmall } = limits;
    told = user.putWords(at, shmmax, shmmin, shmmni, shmseg, shmall, ...(wide ? [0, 0, 0, 0] : []));
  } else if (kind === CTL.shmInfo && info !== undefined) {
    told = user.putWords(at, info.usedIds, info.shmTot, info.shmRss, info.shmSwp, 0, 0);
  }
  return told ? result : -Errno.EFAULT;
};

/** Queues and semaphores are not there: -ENOSYS. */
export const ipc: SystemCall = (guest, task, call, first, second, third, at) => {
  switch (call & 0xffff) {
    case IPC.shmget:
      return task.process.shmget(first | 0, second, third);
    case IPC.shmat: {
      const result = task.process.shmat(first, at, second);
      if (result < 0 && result > -4096) return result;
      return guest.user.putWords(third, result) ? 0 : -Errno.EFAULT;
    }
    case IPC.shmdt:
      return task.process.shmdt(at);
    case IPC.shmctl:
      return shmctl(guest, task, first, second, at, 0, 0, 0);
    default:
      return -Errno.ENOSYS;
  }
};
