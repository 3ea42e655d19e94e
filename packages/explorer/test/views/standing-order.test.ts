import { expect, it } from 'vitest';
import { keepOrder } from '../../src/views/parts/standing-order.ts';

it('rows keep their places, new ones come after them in their own order', () => {
  const rows = ['size-32', 'vm_area_struct', 'buffer_head', 'inode_cache'];
  const keep = (before: readonly string[]) => keepOrder(rows, (row) => row, before);
  expect(keep(['buffer_head', 'gone', 'size-32'])).toEqual([
    'buffer_head',
    'size-32',
    'vm_area_struct',
    'inode_cache',
  ]);
  expect(keep([])).toEqual(rows);
});
