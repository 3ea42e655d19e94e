import { useEffect } from 'preact/hooks';
import { Dock, showLayout } from './dock.tsx';

/** The page. */
export function App() {
  useEffect(() => showLayout('row(machine)'), []);
  return (
    <main class="app">
      <Dock />
    </main>
  );
}
