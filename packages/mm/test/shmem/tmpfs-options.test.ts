import { describe, expect, it } from 'vitest';
import { parseTmpfsOptions, type TmpfsDefaults } from '../../src/shmem/tmpfs-options.ts';

function parse(text: string, remount = false, sizeInPercent = true) {
  const log: string[] = [];
  const defaults: TmpfsDefaults = {
    blocks: 7,
    inodes: 8,
    mode: 0o1777,
    uid: 1,
    gid: 2,
    totalRam: 16000,
    sizeInPercent,
    print: (line) => log.push(line),
  };
  return { options: parseTmpfsOptions(text, defaults, remount), log };
}

describe('options of a tmpfs mount (sheet 3 D2)', () => {
  const none = { blocks: 7, inodes: 8, mode: 0o1777, uid: 1, gid: 2 };

  it.each([
    ['', {}],
    [',,', {}],
    ['size=8192', { blocks: 2 }],
    ['size=8191', { blocks: 1 }],
    ['size=64k', { blocks: 16 }],
    ['size=64K', { blocks: 16 }],
    ['size=2m', { blocks: 512 }],
    ['size=1G', { blocks: 262144 }],
    ['size=0x10000', { blocks: 16 }],
    ['size=020000', { blocks: 2 }],
    ['size=', { blocks: 0 }],
    ['size=50%', { blocks: 8000 }],
    ['size=33%', { blocks: 5280 }],
    ['nr_blocks=100', { blocks: 100 }],
    ['nr_blocks=1k', { blocks: 1024 }],
    ['nr_inodes=1k', { inodes: 1024 }],
    ['mode=755', { mode: 0o755 }],
    ['mode=0700', { mode: 0o700 }],
    ['uid=500,gid=0x64', { uid: 500, gid: 100 }],
    ['size=4096,nr_blocks=3,nr_inodes=5', { blocks: 3, inodes: 5 }],
  ])('%s', (text, changed) => {
    const { options, log } = parse(text);
    expect(options).toEqual({ ...none, ...changed });
    expect(log).toEqual([]);
  });

  it.each([
    ['size', "tmpfs: No value for mount option 'size'"],
    ['nr_inodes=3,noatime', "tmpfs: No value for mount option 'noatime'"],
    ['size=3x', "tmpfs: Bad value '3x' for mount option 'size'"],
    ['size=kk', "tmpfs: Bad value 'kk' for mount option 'size'"],
    ['size=1mb', "tmpfs: Bad value '1mb' for mount option 'size'"],
    ['size=5%%', "tmpfs: Bad value '5%%' for mount option 'size'"],
    ['nr_blocks=5%', "tmpfs: Bad value '5%' for mount option 'nr_blocks'"],
    ['nr_inodes=-1', "tmpfs: Bad value '-1' for mount option 'nr_inodes'"],
    ['mode=9', "tmpfs: Bad value '9' for mount option 'mode'"],
    ['uid=root', "tmpfs: Bad value 'root' for mount option 'uid'"],
    ['gid=08', "tmpfs: Bad value '08' for mount option 'gid'"],
    ['inodes=5', 'tmpfs: Bad mount option inodes'],
  ])('%s is refused', (text, message) => {
    expect(parse(text)).toEqual({ options: null, log: [message] });
  });

  it('2.4.20 knows no percent', () => {
    expect(parse('size=50%', false, false).log).toEqual(["tmpfs: Bad value '50%' for mount option 'size'"]);
  });

  it('a remount passes over mode, uid and gid, even bad ones', () => {
    expect(parse('mode=9,uid=x,gid=,nr_inodes=3', true)).toEqual({
      options: { ...none, inodes: 3 },
      log: [],
    });
  });
});
