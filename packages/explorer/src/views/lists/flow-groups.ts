import type { FlowRow, PageListRow } from '../../protocol/views.ts';

/** Lists of equal age, or a place outside of the lists that pages come from or go to. */
export interface FlowGroup {
  readonly rank: number;
  readonly lists: readonly PageListRow[];
  /** Names of places that are no lists. */
  readonly places: readonly string[];
}

/** A flow as it is shown between two groups. */
export interface ShownFlow {
  readonly flow: FlowRow;
  /** `down`: towards being given up; `up`: spared. */
  readonly direction: 'down' | 'up';
  /** Named when they are not the groups right above and below, or one list of several. */
  readonly from: string;
  readonly to: string;
}

/** The groups from young to old, and what flows between each and the next: `between[i]` lies below `groups[i]`. */
export interface FlowPicture {
  readonly groups: readonly FlowGroup[];
  readonly between: readonly (readonly ShownFlow[])[];
}

/** Ranks of groups, from young to old. */
const RANK = { source: 0, active: 1, inactive: 2, clean: 3, end: 4 } as const;

/** How old the pages of a list are. What is not a list comes first if pages only leave it, last otherwise. */
export function rankOf(name: string, flows: readonly FlowRow[]): number {
  if (name.startsWith('active')) return RANK.active;
  if (name.startsWith('inactive_clean')) return RANK.clean;
  if (name.startsWith('inactive')) return RANK.inactive;
  return flows.some((flow) => flow.to === name) ? RANK.end : RANK.source;
}

/** Arranges lists and flows from young to old. A flow is shown next to where it begins. */
export function arrangeFlows(lists: readonly PageListRow[], flows: readonly FlowRow[]): FlowPicture {
  const places = new Set<string>();
  const known = new Set(lists.map((list) => list.name));
  const isList = (name: string): boolean =>
    lists.some((list) => list.name === name || isMember(list.name, name));
  for (const { from, to } of flows) for (const name of [from, to]) if (!isList(name)) places.add(name);
  const ranks = [...known, ...places].map((name) => rankOf(name, flows));
  const groups = [...new Set(ranks)]
    .sort((a, b) => a - b)
    .map((rank) => ({
      rank,
      lists: lists.filter((list) => rankOf(list.name, flows) === rank),
      places: [...places].filter((name) => rankOf(name, flows) === rank),
    }));
  const indexOf = (name: string): number => groups.findIndex(({ rank }) => rank === rankOf(name, flows));
  const between: ShownFlow[][] = groups.map(() => []);
  for (const flow of flows) {
    const from = indexOf(flow.from);
    const to = indexOf(flow.to);
    if (from === to) continue;
    const down = to > from;
    const gap = down ? from : from - 1;
    const near = Math.abs(to - from) === 1;
    between[gap]?.push({
      flow,
      direction: down ? 'down' : 'up',
      from: oneOfSeveral(groups[from], flow.from) ? flow.from : '',
      to: !near || oneOfSeveral(groups[to], flow.to) ? flow.to : '',
    });
  }
  return { groups, between };
}

/** Whether a list is one of those that a name without a zone stands for: `inactive_clean_list(DMA)`. */
function isMember(list: string, name: string): boolean {
  return list.startsWith(`${name}(`);
}

/** Whether a name stands for some of a group, not for all of it. */
function oneOfSeveral(group: FlowGroup | undefined, name: string): boolean {
  if (group === undefined || group.lists.length + group.places.length < 2) return false;
  return group.places.length > 0 || !group.lists.every((list) => isMember(list.name, name));
}

/** Pages that moved in the last stretch of virtual time, per flow. */
export class FlowRates {
  private samples: { time: number; pages: ReadonlyMap<string, number> }[] = [];

  /** @param span stretch over which rates are taken, ns */
  constructor(private readonly span = 1e9) {}

  /** Takes what flows have moved since boot. Going back in time forgets what lies ahead. */
  add(time: number, flows: readonly FlowRow[]): void {
    this.samples = this.samples.filter((sample) => sample.time < time);
    this.samples.push({ time, pages: new Map(flows.map((flow) => [keyOf(flow), flow.pages])) });
    while (this.samples.length > 2 && (this.samples[1]?.time ?? 0) <= time - this.span) this.samples.shift();
  }

  /** Pages per second of virtual time, over the last stretch; 0 before there are two samples. */
  rate(flow: FlowRow): number {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (first === undefined || last === undefined || last.time <= first.time) return 0;
    const moved = (last.pages.get(keyOf(flow)) ?? 0) - (first.pages.get(keyOf(flow)) ?? 0);
    return (moved / (last.time - first.time)) * 1e9;
  }

  /** For a new machine. */
  forget(): void {
    this.samples = [];
  }
}

function keyOf(flow: FlowRow): string {
  return `${flow.function} ${flow.from} ${flow.to}`;
}
