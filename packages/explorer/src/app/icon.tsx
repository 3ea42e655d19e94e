/** Icons of 16 by 16, drawn with lines of the text's colour. */
const PATHS = {
  play: 'M5 3.5v9l7.5-4.5z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  forward: 'M4 4v8l6-4zM12 4v8',
  back: 'M12 4v8L6 8zM4 4v8',
  start: 'M13 4v8L8.5 8zM8 4v8L3.5 8zM3 4v8',
  end: 'M3 4v8l4.5-4zM8 4v8l4.5-4zM13 4v8',
  stop: 'M8 2.5 12.5 5v6L8 13.5 3.5 11V5z',
  share:
    'M6.5 9.5l3-3M7 4.5l1.4-1.4a2.6 2.6 0 0 1 3.7 3.7L10.5 8.2M9 11.5l-1.4 1.4a2.6 2.6 0 0 1-3.7-3.7L5.5 7.8',
  export: 'M8 2.5v7M5 6.8l3 3 3-3M3 12.8h10',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7L14 14',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z',
  help: 'M5.8 6a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.5M8 12.2v.1',
  close: 'M4 4l8 8M12 4l-8 8',
  book: 'M8 4c-1.5-1-3.5-1-5.5-.5v9c2-.5 4-.5 5.5.5 1.5-1 3.5-1 5.5-.5v-9C11.5 3 9.5 3 8 4zM8 4v9',
  panels: 'M2.5 3h11v10h-11zM8 3v10M8 8h5.5',
  home: 'M3 7.5L8 3l5 4.5V13H9.5V9.5h-3V13H3z',
  file: 'M4 2h5l3 3v9H4zM9 2v3h3',
  check: 'M3.5 8.5l3 3 6-7',
  add: 'M8 3.5v9M3.5 8h9',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, path, size = 16 }: { name?: IconName; path?: string; size?: number }) {
  const solid = name === 'play';
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill={solid ? 'currentColor' : 'none'}
      stroke="currentColor"
      stroke-width="1.4"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={path ?? PATHS[name ?? 'file']} />
    </svg>
  );
}
