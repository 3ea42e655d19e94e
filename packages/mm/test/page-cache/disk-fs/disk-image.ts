/** Reads an ext2 image without any of the code under test, and recounts it. */

interface Inode {
  readonly mode: number;
  readonly size: number;
  readonly links: number;
  readonly blocks: number;
  readonly data: readonly number[];
  /** Blocks of numbers. */
  readonly metadata: readonly number[];
  /** Of a short symbolic link: where its target lies. */
  readonly inlineAt?: number;
}

export class DiskImage {
  readonly faults: string[] = [];
  /** Contents of all files, by path. */
  readonly files = new Map<string, Uint8Array>();
  private readonly view: DataView;
  private readonly blockSize: number;
  private readonly used = new Set<number>();
  private readonly usedInodes = new Set<number>();
  private readonly linksFound = new Map<number, number>();
  private readonly inodesPerGroup: number;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset);
    this.blockSize = 1024 << this.u32(1024 + 24);
    this.inodesPerGroup = this.u32(1024 + 40);
    if (this.u16(1024 + 56) !== 0xef53) this.faults.push('no magic number');
    this.directory(2, '');
    this.recount();
  }

  private u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  private u16(at: number): number {
    return this.view.getUint16(at, true);
  }

  private descriptor(group: number): number {
    return (Math.floor(1024 / this.blockSize) + 1) * this.blockSize + group * 32;
  }

  private inodeAt(ino: number): number {
    const group = Math.floor((ino - 1) / this.inodesPerGroup);
    return this.u32(this.descriptor(group) + 8) * this.blockSize + ((ino - 1) % this.inodesPerGroup) * 128;
  }

  private inode(ino: number): Inode {
    const at = this.inodeAt(ino);
    const size = this.u32(at + 4);
    const metadata: number[] = [];
    const data: number[] = [];
    const mode = this.u16(at);
    // A short link has its target where else the block numbers are.
    if ((mode & 0o170000) === 0o120000 && size < 60) {
      return {
        mode,
        size,
        links: this.u16(at + 26),
        blocks: this.u32(at + 28),
        data,
        metadata,
        inlineAt: at + 40,
      };
    }
    const wanted = Math.ceil(size / this.blockSize);
    const follow = (block: number, level: number): void => {
      if (level === 0) {
        data.push(block);
        return;
      }
      const perBlock = this.blockSize / 4;
      if (block === 0) {
        for (let i = 0; i < perBlock ** level && data.length < wanted; i++) data.push(0);
        return;
      }
      metadata.push(block);
      for (let i = 0; i < perBlock; i++) follow(this.u32(block * this.blockSize + 4 * i), level - 1);
    };
    for (let i = 0; i < 15; i++) {
      const block = this.u32(at + 40 + 4 * i);
      follow(block, Math.max(0, i - 11));
    }
    return { mode, size, links: this.u16(at + 26), blocks: this.u32(at + 28), data, metadata };
  }

  private claim(ino: number, inode: Inode): void {
    this.usedInodes.add(ino);
    const blocks = [...inode.data.filter((block) => block !== 0), ...inode.metadata];
    for (const block of blocks) {
      if (this.used.has(block)) this.faults.push(`block ${block} is used twice, by inode ${ino}`);
      this.used.add(block);
    }
    const counted = (blocks.length * this.blockSize) / 512;
    if (inode.blocks !== counted) this.faults.push(`inode ${ino}: ${inode.blocks} units, counted ${counted}`);
  }

  private contents(inode: Inode): Uint8Array {
    if (inode.inlineAt !== undefined) return this.bytes.slice(inode.inlineAt, inode.inlineAt + inode.size);
    const bytes = new Uint8Array(inode.size);
    for (const [i, block] of inode.data.entries()) {
      const from = i * this.blockSize;
      if (from >= inode.size) {
        if (block !== 0) this.faults.push(`block ${block} lies behind the end of a file`);
        continue;
      }
      if (block === 0) continue;
      const start = block * this.blockSize;
      bytes.set(this.bytes.subarray(start, start + Math.min(this.blockSize, inode.size - from)), from);
    }
    return bytes;
  }

  private directory(ino: number, path: string): void {
    const inode = this.inode(ino);
    this.claim(ino, inode);
    const bytes = this.contents(inode);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < bytes.length; at += view.getUint16(at + 4, true)) {
      const target = view.getUint32(at, true);
      if (target === 0) continue;
      const name = new TextDecoder().decode(bytes.slice(at + 8, at + 8 + (bytes[at + 6] as number)));
      this.linksFound.set(target, (this.linksFound.get(target) ?? 0) + 1);
      if (name === '.' || name === '..') continue;
      if (bytes[at + 7] === 2) {
        this.directory(target, `${path}/${name}`);
      } else {
        const file = this.inode(target);
        if (!this.usedInodes.has(target)) this.claim(target, file);
        this.files.set(`${path}/${name}`, this.contents(file));
      }
    }
  }

  private recount(): void {
    for (const [ino, links] of this.linksFound) {
      const said = this.inode(ino).links;
      if (said !== links) this.faults.push(`inode ${ino} has ${said} links, found ${links}`);
    }
    const blocks = this.u32(1024 + 4);
    const first = this.u32(1024 + 20);
    const perGroup = this.u32(1024 + 32);
    const groups = Math.ceil((blocks - first) / perGroup);
    let free = 0;
    for (let group = 0; group < groups; group++) free += this.group(group, first + group * perGroup, blocks);
    if (free !== this.u32(1024 + 12)) this.faults.push(`${this.u32(1024 + 12)} free blocks, counted ${free}`);
  }

  private group(group: number, first: number, blocks: number): number {
    const at = this.descriptor(group);
    const bitmap = this.u32(at) * this.blockSize;
    const table = this.u32(at + 8);
    const tableBlocks = (this.inodesPerGroup * 128) / this.blockSize;
    let free = 0;
    for (let bit = 0; bit < this.u32(1024 + 32) && first + bit < blocks; bit++) {
      const block = first + bit;
      const taken = ((this.bytes[bitmap + (bit >> 3)] as number) & (1 << (bit & 7))) !== 0;
      if (!taken) free++;
      const own = block < table + tableBlocks;
      if (!own && taken !== this.used.has(block)) {
        this.faults.push(`block ${block} is ${taken ? 'taken' : 'free'}, but ${taken ? 'unused' : 'used'}`);
      }
    }
    if (this.u16(at + 12) !== free)
      this.faults.push(`group ${group}: ${this.u16(at + 12)} free, counted ${free}`);
    const inodeBitmap = this.u32(at + 4) * this.blockSize;
    for (let bit = 0; bit < this.inodesPerGroup; bit++) {
      const ino = group * this.inodesPerGroup + bit + 1;
      const taken = ((this.bytes[inodeBitmap + (bit >> 3)] as number) & (1 << (bit & 7))) !== 0;
      if (ino >= 11 && taken !== this.usedInodes.has(ino)) {
        this.faults.push(`inode ${ino} is ${taken ? 'taken' : 'free'}, but ${taken ? 'unused' : 'used'}`);
      }
    }
    return free;
  }
}
