import { describe, expect, it } from 'vitest';
import { INPUT_BYTES, LineDiscipline } from '../../src/terminal/line-discipline.ts';
import { Output } from '../../src/terminal/output.ts';
import { I, L, O, Termios, V } from '../../src/terminal/termios.ts';

/** A terminal without a machine: what it shows, what signals it sends, and what reads get. */
function terminal(change: (termios: Termios) => void = () => {}) {
  const termios = new Termios();
  change(termios);
  let shown = '';
  const signals: string[] = [];
  const output = new Output(termios, (bytes) => {
    shown += Buffer.from(bytes).toString('latin1');
  });
  const discipline = new LineDiscipline(termios, output, (kind) => signals.push(kind));
  discipline.settingsChanged();
  return {
    discipline,
    output,
    signals,
    type: (text: string) => discipline.receive(Buffer.from(text, 'latin1')),
    shown: () => shown,
    read: (most = 4096) => Buffer.from(discipline.take(most)).toString('latin1'),
  };
}

const raw = (termios: Termios) => {
  termios.lflag &= ~(L.icanon | L.echo | L.isig);
};
const RUBOUT = '\b \b';

describe('a terminal with lines', () => {
  /** Typed, what is shown, and the lines that reads get. */
  it.each([
    ['abc\r', 'abc\r\n', ['abc\n']],
    ['a\rb\r', 'a\r\nb\r\n', ['a\n', 'b\n']],
    ['ab\x7fc\r', `ab${RUBOUT}c\r\n`, ['ac\n']],
    ['\x7f\x7fa\r', 'a\r\n', ['a\n']],
    ['one two\x17x\r', `one two${RUBOUT.repeat(3)}x\r\n`, ['one x\n']],
    ['one two  \x17x\r', `one two  ${RUBOUT.repeat(5)}x\r\n`, ['one x\n']],
    ['abc\x15d\r', `abc${RUBOUT.repeat(3)}d\r\n`, ['d\n']],
    ['a\x01b\x7f\x7f\r', `a^Ab${RUBOUT.repeat(3)}\r\n`, ['a\n']],
    ['a\tb\x7f\x7fc\r', `a\tb${RUBOUT}${'\b'.repeat(7)}c\r\n`, ['ac\n']],
    ['\x16\x03\r', '^\b^C\r\n', ['\x03\n']],
    ['ab\x04c\x04\x04', 'abc', ['ab', 'c', '']],
    ['ab\x12c\r', 'ab^R\r\nabc\r\n', ['abc\n']],
    ['\xc3\xa4\x7f\r', `\xc3\xa4${RUBOUT}\r\n`, ['\n']],
  ])('%j shows %j', (typed, shown, lines) => {
    const at = terminal();
    at.type(typed);
    expect(at.shown()).toBe(shown);
    for (const line of lines) {
      expect(at.discipline.readable).toBe(true);
      expect(at.read()).toBe(line);
    }
    expect(at.discipline.readable).toBe(false);
    expect(at.discipline.available).toBe(0);
  });

  it('a read takes at most one line, and as much of it as it asks for', () => {
    const at = terminal();
    at.type('abcdef\rx\r');
    expect([at.read(4), at.read(4), at.read(4)]).toEqual(['abcd', 'ef\n', 'x\n']);
  });

  it('^C ^\\ ^Z send signals and forget what was typed; not with NOFLSH', () => {
    const at = terminal();
    at.type('abc\x03d\x1ce\x1af\r');
    expect(at.signals).toEqual(['intr', 'quit', 'susp']);
    expect(at.shown()).toBe('abc^Cd^\\e^Zf\r\n');
    expect(at.read()).toBe('f\n');
    const keeps = terminal((termios) => {
      termios.lflag |= L.noflsh;
    });
    keeps.type('abc\x03d\r');
    expect(keeps.read()).toBe('abcd\n');
  });

  it('^S stops output, ^Q lets it go on', () => {
    const at = terminal();
    at.type('\x13');
    expect(at.discipline.stopped).toBe(true);
    at.type('\x11');
    expect(at.discipline.stopped).toBe(false);
  });

  it('a line has 4095 characters and its end; more are lost', () => {
    const at = terminal();
    at.type(`${'x'.repeat(5000)}\r`);
    expect(at.discipline.available).toBe(INPUT_BYTES);
    expect(at.read(9999)).toBe(`${'x'.repeat(4095)}\n`);
  });

  it.each<[string, (termios: Termios) => void, string, string, string]>([
    ['IGNCR', (t) => (t.iflag |= I.igncr), 'a\rb\n', 'ab\r\n', 'ab\n'],
    ['INLCR', (t) => (t.iflag = I.inlcr), 'a\n\x04', 'a^M', 'a\r'],
    ['ISTRIP', (t) => (t.iflag |= I.istrip), '\xe1\r', 'a\r\n', 'a\n'],
    ['no echo', (t) => (t.lflag &= ~L.echo), 'ab\x7f\r', '', 'a\n'],
    ['ECHONL', (t) => (t.lflag = (t.lflag & ~L.echo) | L.echonl), 'ab\r', '\r\n', 'ab\n'],
    ['no ECHOCTL', (t) => (t.lflag &= ~L.echoctl), '\x01\r', '\x01\r\n', '\x01\n'],
    ['no ECHOE', (t) => (t.lflag &= ~(L.echoe | L.echoke)), 'ab\x7f\r', 'ab^?\r\n', 'a\n'],
    ['ECHOK', (t) => (t.lflag &= ~L.echoke), 'ab\x15c\r', 'ab^U\r\nc\r\n', 'c\n'],
    ['ECHOPRT', (t) => (t.lflag |= L.echoprt), 'ab\x7f\x7fc\r', 'ab\\ba/c\r\n', 'c\n'],
    ['EOL', (t) => (t.cc[V.eol] = 0x3b), 'ab;', 'ab;', 'ab;'],
    ['no ONLCR', (t) => (t.oflag &= ~O.onlcr), 'a\r', 'a\n', 'a\n'],
  ])('%s', (_name, change, typed, shown, got) => {
    const at = terminal(change);
    at.type(typed);
    expect(at.shown()).toBe(shown);
    expect(at.read()).toBe(got);
  });
});

describe('a terminal in raw mode', () => {
  it('gives every byte as it comes', () => {
    const at = terminal(raw);
    at.type('a\x03\x04\x7f');
    expect(at.shown()).toBe('');
    expect(at.signals).toEqual([]);
    expect(at.discipline.available).toBe(4);
    expect(at.read()).toBe('a\x03\x04\x7f');
  });

  it('what was typed before counts when the mode changes', () => {
    const termios = new Termios();
    const discipline = new LineDiscipline(termios, new Output(termios, () => {}), () => {});
    discipline.receive(Buffer.from('half a line'));
    expect(discipline.available).toBe(0);
    termios.lflag &= ~L.icanon;
    discipline.settingsChanged();
    expect(discipline.available).toBe(11);
    termios.lflag |= L.icanon;
    discipline.settingsChanged();
    expect(Buffer.from(discipline.take(99)).toString()).toBe('half a line');
  });
});

describe('output', () => {
  it.each<[string, number, string, string]>([
    ['newline gets a carriage return', O.opost | O.onlcr, 'a\nb\n', 'a\r\nb\r\n'],
    ['nothing is done without OPOST', O.onlcr, 'a\n', 'a\n'],
    ['tabs become blanks', O.opost | O.xtabs, 'ab\tc\t', 'ab      c       '],
    ['OLCUC', O.opost | O.olcuc, 'aZ{', 'AZ{'],
    ['OCRNL', O.opost | O.ocrnl, 'a\r', 'a\n'],
    ['ONOCR', O.opost | O.onocr, '\ra\r', 'a\r'],
  ])('%s', (_name, oflag, sent, shown) => {
    const termios = new Termios();
    termios.oflag = oflag;
    let text = '';
    new Output(termios, (bytes) => {
      text += Buffer.from(bytes).toString();
    }).send(Buffer.from(sent));
    expect(text).toBe(shown);
  });
});
