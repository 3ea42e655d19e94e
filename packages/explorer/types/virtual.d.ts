/** Style sheet of dockview-core: see dockview-style.ts. */
declare module 'virtual:dockview.css';
