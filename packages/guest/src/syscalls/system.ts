/** System calls on the machine and its limits. */
import { Errno } from '@pagewalk/mm';
import { putRandom } from '../files/random-devices.ts';
import type { SystemCall } from './call.ts';

const UTS_BYTES = 65;
/** A C library of today refuses a kernel that says 2.4; the memory manager may be any release. */
const UTS_RELEASE = '6.1.0';

export const uname: SystemCall = ({ kernel, user }, _task, at) => {
  const bytes = new Uint8Array(6 * UTS_BYTES);
  const version = `#1 memory of Linux ${kernel.release}`;
  ['Linux', 'pagewalk', UTS_RELEASE, version, 'i686', '(none)'].forEach((text, i) => {
    bytes.set(new TextEncoder().encode(text), i * UTS_BYTES);
  });
  return user.put(at, bytes) ? 0 : -Errno.EFAULT;
};

/** Bytes of the guest's own fixed sequence. */
export const getrandom: SystemCall = (guest, _task, at, length) =>
  putRandom(guest, at, Math.min(length, 65536));

export const swapon: SystemCall = ({ user }, { process }, at, flags) => {
  const path = user.text(at);
  return path === null ? -Errno.EFAULT : process.swapon(path, flags);
};
/** What comes back from the disk is mapped at once: the CPU must not take it for what was there before. */
export const swapoff: SystemCall = ({ user, cpu }, { process }, at) => {
  const path = user.text(at);
  if (path === null) return -Errno.EFAULT;
  const result = process.swapoff(path);
  cpu.dirtyAll();
  return result;
};

/** uptime | loads | total, free, shared, buffer RAM | total, free swap | processes | total, free high | unit: kB figures of /proc/meminfo */
export const sysinfo: SystemCall = ({ kernel, user, tasks }, _task, at) => {
  const text = kernel.proc('meminfo');
  const kB = (name: string) => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(text)?.[1] ?? 0) * 1024;
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  const words = [
    Math.floor(kernel.clock.now / 1e9),
    0,
    0,
    0,
    kB('MemTotal'),
    kB('MemFree'),
    kB('MemShared'),
    kB('Buffers'),
    kB('SwapTotal'),
    kB('SwapFree'),
    tasks.length,
    kB('HighTotal'),
    kB('HighFree'),
    1,
  ];
  words.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  return user.put(at, bytes) ? 0 : -Errno.EFAULT;
};
