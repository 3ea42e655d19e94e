import type { Kernel } from '@pagewalk/mm';
import type { MemoryView } from '../../protocol/views.ts';
import { FrameClasses } from './frame-classes.ts';

/** Frames that are looked at for a picture while the machine runs: about two milliseconds' worth. */
const FRAMES_A_PICTURE = 1 << 16;

/** All frames of a machine, picture by picture. */
export class MemoryPicture {
  readonly classes: FrameClasses;
  private readonly kernel: Kernel;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.classes = new FrameClasses(kernel);
  }

  /** @param whole every frame as it is now; else a large machine is brought up to date in several pictures */
  view(whole: boolean): MemoryView {
    const { classes, kernel } = this;
    const { frames } = kernel.memMap;
    if (whole) for (let done = 0; done < 2 * frames; done += frames) classes.update(frames);
    else classes.update(FRAMES_A_PICTURE);
    return {
      view: 'memory',
      use: classes.use.slice(),
      state: classes.state.slice(),
      detail: classes.detail.slice(),
      zones: kernel.allocator.zones
        .filter(({ size }) => size > 0)
        .map(({ name, startPfn, size }) => ({ name, first: startPfn, count: size })),
      totals: [...classes.totals],
    };
  }
}
