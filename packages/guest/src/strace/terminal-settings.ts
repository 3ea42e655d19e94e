/** The settings of a terminal as strace prints them. */
import { I, L, O } from '../terminal/termios.ts';

const SPEED = { mask: 0o17, names: { 13: 'B9600', 15: 'B38400' } as Readonly<Record<number, string>> };
const CONTROL: readonly (readonly [number, string])[] = [
  [0o60, 'CS8'],
  [0o100, 'CSTOPB'],
  [0o200, 'CREAD'],
  [0o400, 'PARENB'],
  [0o1000, 'PARODD'],
  [0o2000, 'HUPCL'],
  [0o4000, 'CLOCAL'],
];
/** Delays of output that are all 0: strace names them, too. */
const NO_DELAYS = 'NL0|CR0|TAB0|BS0|VT0|FF0';

function bits(value: number, table: Readonly<Record<string, number>>): string {
  const names = Object.entries(table).filter(([, bit]) => (value & bit) === bit);
  return names.map(([name]) => name.toUpperCase()).join('|');
}

/** `{c_iflag=ICRNL|IXON, c_oflag=…, c_cflag=…, c_lflag=…, ...}` of a `struct termios`. */
export function settingsText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [iflag, oflag, cflag, lflag] = [0, 4, 8, 12].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
    number,
  ];
  const { xtabs, ...output } = O;
  const expands = (oflag & xtabs) === xtabs;
  const delays = expands ? NO_DELAYS.replace('TAB0', 'TAB3') : NO_DELAYS;
  const oText = [delays, bits(oflag, output)].filter((text) => text !== '').join('|');
  const cText = [
    SPEED.names[cflag & SPEED.mask] ?? `B${cflag & SPEED.mask}`,
    ...CONTROL.filter(([bit]) => (cflag & bit) === bit).map(([, name]) => name),
  ].join('|');
  return `{c_iflag=${bits(iflag, I) || '0'}, c_oflag=${oText}, c_cflag=${cText}, c_lflag=${bits(lflag, L) || '0'}, ...}`;
}
