import { writeSync } from 'node:fs';
import { SIG } from '@pagewalk/guest';
import { ProgramEnded } from '../errors.ts';

/** As a shell reports a program that a signal ended. */
export const KILLED = 128;

/** Writes all of it, at once. @throws ProgramEnded whoever reads the output stopped early, as `head` does */
export function writeOutput(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE' || code === 'EIO') throw new ProgramEnded(KILLED + SIG.pipe);
      if (code !== 'EAGAIN') throw error;
      pause();
    }
  }
}

/** Waits 5 ms: the other side is not ready. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}
