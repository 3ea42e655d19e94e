import { render } from 'preact';
import './theme.css';
import './app.css';
import { App } from './app.tsx';
import { explainTerms } from './glossary-card.tsx';
import { listenToKeys } from './keyboard.ts';
import { startWorker } from './machine-worker.ts';
import { applyTheme } from './theme.ts';
import { openFromAddress, syncAddress } from './url-sync.ts';

applyTheme();
render(<App />, document.getElementById('app') as HTMLElement);
explainTerms();
listenToKeys();
startWorker();
void openFromAddress().then(syncAddress);
