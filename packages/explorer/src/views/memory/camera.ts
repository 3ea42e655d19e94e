/** What part of the map a picture shows: the cell coordinates of its top left corner and the size of a cell. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  /** Device pixels per cell. */
  readonly scale: number;
}

/** The map, in cells. */
interface Extent {
  readonly columns: number;
  readonly rows: number;
}

/** A picture's size, device pixels. */
export interface Picture {
  readonly width: number;
  readonly height: number;
}

/** The least part of the possible size that cells may have for the sake of whole pixels. */
const WHOLE_PIXELS = 0.9;

/** The whole map in the middle of the picture; cells of whole pixels unless that makes them much smaller. */
export function fit(map: Extent, picture: Picture): Camera {
  const exact = Math.min(picture.width / map.columns, picture.height / map.rows);
  const whole = Math.floor(exact);
  const scale = whole >= exact * WHOLE_PIXELS ? whole : exact;
  return centred(map, picture, scale);
}

function centred(map: Extent, picture: Picture, scale: number): Camera {
  return {
    x: -Math.round((picture.width - map.columns * scale) / 2) / scale,
    y: -Math.round((picture.height - map.rows * scale) / 2) / scale,
    scale,
  };
}

/** Smallest and largest cell: from half the whole map to a frame that fills the picture twice. */
export function scaleLimits(
  map: Extent,
  picture: Picture,
): { readonly least: number; readonly most: number } {
  const most = Math.max(picture.width, picture.height, 640) * 2;
  return { least: Math.min(fit(map, picture).scale, most), most };
}

/** Zooms by a factor; the cell under the pixel `px`, `py` stays there. */
export function zoomAt(
  camera: Camera,
  px: number,
  py: number,
  factor: number,
  limits: { readonly least: number; readonly most: number },
): Camera {
  const scale = Math.min(limits.most, Math.max(limits.least, camera.scale * factor));
  return {
    x: camera.x + px / camera.scale - px / scale,
    y: camera.y + py / camera.scale - py / scale,
    scale,
  };
}

/** Moves the map by pixels. */
export function pan(camera: Camera, dx: number, dy: number): Camera {
  return { x: camera.x - dx / camera.scale, y: camera.y - dy / camera.scale, scale: camera.scale };
}

/** Keeps the map in sight: what fits is in the middle, what does not has no empty band wider than a tenth of the picture. */
export function hold(camera: Camera, map: Extent, picture: Picture): Camera {
  return {
    x: holdAxis(camera.x, map.columns, picture.width, camera.scale),
    y: holdAxis(camera.y, map.rows, picture.height, camera.scale),
    scale: camera.scale,
  };
}

function holdAxis(at: number, cells: number, pixels: number, scale: number): number {
  if (cells * scale <= pixels) return -Math.round((pixels - cells * scale) / 2) / scale;
  const margin = pixels / 10 / scale;
  return Math.min(cells + margin - pixels / scale, Math.max(-margin, at));
}

/** A cell in the middle of the picture, at a size. */
export function centreOn(cellX: number, cellY: number, scale: number, picture: Picture): Camera {
  return { x: cellX + 0.5 - picture.width / 2 / scale, y: cellY + 0.5 - picture.height / 2 / scale, scale };
}

/** Moves just as far as it takes for a cell to be in sight. */
export function reveal(camera: Camera, cellX: number, cellY: number, picture: Picture): Camera {
  return {
    x: revealAxis(camera.x, cellX, picture.width / camera.scale),
    y: revealAxis(camera.y, cellY, picture.height / camera.scale),
    scale: camera.scale,
  };
}

function revealAxis(at: number, cell: number, shown: number): number {
  if (shown < 1) return cell + 0.5 - shown / 2;
  if (cell < at) return cell;
  if (cell + 1 > at + shown) return cell + 1 - shown;
  return at;
}
