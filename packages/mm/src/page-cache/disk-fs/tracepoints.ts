import { defineTracepoint } from '../../trace/trace.ts';

/** A file system gives a file a block: the one that was wished for, or another. */
export const EXT2_NEW_BLOCK = defineTracepoint({
  name: 'ext2_new_block',
  fields: ['dev', 'goal', 'block', 'group'],
  origin: 'fs/ext2/balloc.c ext2_new_block()',
  hex: ['dev'],
});
