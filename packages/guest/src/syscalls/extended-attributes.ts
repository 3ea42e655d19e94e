/** Extended attributes: no file system has any. -EOPNOTSUPP, or what is wrong with the path or descriptor. */
import { Errno } from '@pagewalk/mm';
import { withPath } from '../files/paths.ts';
import type { SystemCall } from './call.ts';

const EOPNOTSUPP = 95;

function byPath(follow: boolean): SystemCall {
  return (guest, task, at) =>
    withPath(guest, task, at, (path) => {
      const status = task.process.stat(path, follow);
      return typeof status === 'number' ? status : -EOPNOTSUPP;
    });
}
/** getxattr, setxattr, listxattr, removexattr. */
export const xattr: SystemCall = byPath(true);
/** The same of a link itself. */
export const lxattr: SystemCall = byPath(false);
/** The same of an open file. */
export const fxattr: SystemCall = (_guest, { process }, fd) =>
  process.task.files[fd] ? -EOPNOTSUPP : -Errno.EBADF;
