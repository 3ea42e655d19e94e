import { expect, it } from 'vitest';
import { Prng } from '../../src/hardware/prng.ts';
import { boot, type Kernel } from '../../src/kernel.ts';

const GFP_KERNEL = 0x1f0;

/** Addresses handed out, and the machine's words afterwards, of a random run on two CPUs. */
function run(kernel: Kernel, seed: number): { addresses: number[]; words: Int32Array } {
  const { slab } = kernel;
  const cache = slab.kmemCacheCreate('test', 120, 0, 0, null, null);
  if (cache === null) throw new Error('no cache');
  const random = new Prng(seed);
  const live: { obj: number; general: boolean }[] = [];
  const addresses: number[] = [];
  for (let phase = 0; phase < 40; phase++) {
    const grows = random.below(2) === 0;
    for (let i = 0; i < 300; i++) {
      if (random.below(50) === 0) slab.cpu ^= 1;
      if (random.below(10) < (grows ? 8 : 2)) {
        const general = random.below(3) === 0;
        const obj = general
          ? slab.kmalloc(1 + random.below(600), GFP_KERNEL)
          : slab.kmemCacheAlloc(cache, GFP_KERNEL);
        live.push({ obj, general });
        addresses.push(obj);
      } else if (live.length > 0) {
        const [freed] = live.splice(random.below(live.length), 1) as [(typeof live)[0]];
        if (freed.general) slab.kfree(freed.obj);
        else slab.kmemCacheFree(cache, freed.obj);
      }
    }
    slab.check();
  }
  return { addresses, words: kernel.memory.words };
}

it('the short ways leave every word of memory as the long ones do', () => {
  for (let seed = 1; seed < 4; seed++) {
    const config = { memory: 2 ** 24, cpus: 2 };
    const short = run(boot(config), seed);
    const machine = boot(config);
    // The short ways are taken where `plain` allows them.
    Object.assign(machine.slab, { plain: false });
    const long = run(machine, seed);
    expect(short.addresses).toEqual(long.addresses);
    expect(Buffer.compare(Buffer.from(short.words.buffer), Buffer.from(long.words.buffer))).toBe(0);
  }
});
