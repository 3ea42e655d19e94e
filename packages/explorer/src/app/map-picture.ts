import { memoryPicture } from '../views/memory/save-picture.ts';
import { status } from './machine-signals.ts';
import { viewOnce } from './use-view.ts';

/** All frames by use as a PNG, with a legend that has the numbers. */
export async function mapPicture(): Promise<Blob> {
  const memory = await viewOnce({ view: 'memory' });
  const canvas = memoryPicture(memory, 'row', status.value);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the browser made no PNG'))),
      'image/png',
    );
  });
}
