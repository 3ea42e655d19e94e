import type { MemoryView } from '../protocol/views.ts';
import { colourOfUse, USE_COLOURS } from './palette-colours.ts';
import { theme } from './theme.ts';
import { viewOnce } from './use-view.ts';

/** Widest picture in cells. */
const COLUMNS = 1024;
const LEGEND_LINE = 22;
const MARGIN = 16;

/** All frames by use as a PNG, with a legend that has the numbers. */
export async function mapPicture(): Promise<Blob> {
  const memory = await viewOnce({ view: 'memory' });
  const frames = memory.use.length;
  const columns = Math.min(COLUMNS, 2 ** Math.ceil(Math.log2(Math.sqrt(frames * 1.6))));
  const cell = Math.max(1, Math.floor(1024 / columns));
  const rows = Math.ceil(frames / columns);
  const legendRows = Math.ceil(USE_COLOURS.length / 4);
  const canvas = document.createElement('canvas');
  canvas.width = columns * cell + 2 * MARGIN;
  canvas.height = rows * cell + legendRows * LEGEND_LINE + 3 * MARGIN;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('the browser gives no canvas to draw on');
  drawCells(context, memory, columns, cell);
  drawLegend(context, memory, rows * cell + 2 * MARGIN, canvas.width - 2 * MARGIN);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the browser made no PNG'))),
      'image/png',
    );
  });
}

function drawCells(
  context: CanvasRenderingContext2D,
  memory: MemoryView,
  columns: number,
  cell: number,
): void {
  const { canvas } = context;
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--surface');
  context.fillRect(0, 0, canvas.width, canvas.height);
  const gap = cell >= 4 ? 1 : 0;
  for (let use = 0; use < USE_COLOURS.length; use++) {
    context.fillStyle = colourOfUse(use, theme.value);
    for (let pfn = 0; pfn < memory.use.length; pfn++) {
      if (memory.use[pfn] !== use) continue;
      const x = MARGIN + (pfn % columns) * cell;
      const y = MARGIN + Math.floor(pfn / columns) * cell;
      context.fillRect(x, y, cell - gap, cell - gap);
    }
  }
}

function drawLegend(context: CanvasRenderingContext2D, memory: MemoryView, top: number, width: number): void {
  context.font = '13px system-ui, sans-serif';
  context.textBaseline = 'middle';
  for (const [use, { title }] of USE_COLOURS.entries()) {
    const x = MARGIN + (use % 4) * (width / 4);
    const y = top + Math.floor(use / 4) * LEGEND_LINE + LEGEND_LINE / 2;
    context.fillStyle = colourOfUse(use, theme.value);
    context.fillRect(x, y - 5, 10, 10);
    context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--text');
    context.fillText(`${title} ${(memory.totals[use] ?? 0).toLocaleString('en-US')}`, x + 16, y);
  }
}
