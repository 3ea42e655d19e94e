import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { takeWanted } from './file-page.tsx';
import { offerFile } from './machine-form.tsx';
import { page, showStart } from './session.ts';

const over = signal(false);

/** The whole page takes files: it says so while one is held over it. */
export function DropArea() {
  useEffect(() => {
    const holdsFile = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
    const onOver = (event: DragEvent) => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      over.value = true;
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) over.value = false;
    };
    const onDrop = (event: DragEvent) => {
      over.value = false;
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      event.preventDefault();
      if (page.value === 'file') void takeWanted(file);
      else {
        showStart();
        void offerFile(file);
      }
    };
    addEventListener('dragover', onOver);
    addEventListener('dragleave', onLeave);
    addEventListener('drop', onDrop);
    return () => {
      removeEventListener('dragover', onOver);
      removeEventListener('dragleave', onLeave);
      removeEventListener('drop', onDrop);
    };
  }, []);
  return over.value ? <div class="drop-area">Drop a program or a recording</div> : null;
}
