import { render } from 'preact';
import './theme.css';
import './app.css';
import { App } from './app.tsx';
import { applyTheme } from './theme.ts';

applyTheme();
render(<App />, document.getElementById('app') as HTMLElement);
