import { boot, ConfigError, type Kernel, type MachineConfig } from '@pagewalk/mm';

const PAGE_KIB = 4;
/** Boots that are tried before the closest is taken: what the kernel keeps depends on its memory, but only a little. */
const ATTEMPTS = 6;

/**
 * Boots a machine on which `frames` frames are free: as many as its kernel takes for itself, plus those. The memory is set with
 * `mem=` on the kernel's command line, so it may be any number of pages.
 *
 * @param config the machine; its memory is the most that may be used
 * @throws ConfigError when it does not fit, or no kernel boots in so little
 */
export function bootWithFrames(config: MachineConfig, frames: number): Kernel {
  const start = boot(config);
  let kib = Math.floor(config.memory / 1024);
  let kernel = start;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const missing = frames - kernel.allocator.nrFreePages();
    if (missing === 0) break;
    kib += missing * PAGE_KIB;
    if (kib * 1024 > config.memory) {
      throw new ConfigError(
        `memory: ${config.memory / 2 ** 20} MiB leaves only ${start.allocator.nrFreePages()} frames free, not ${frames}`,
      );
    }
    const cmdline = `${config.cmdline ?? ''} mem=${kib}k`.trim();
    kernel = boot({ ...config, cmdline });
  }
  return kernel;
}
