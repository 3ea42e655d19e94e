import { describe, expect, it } from 'vitest';
import { parseArguments } from '../src/arguments.ts';

const KNOWN = ['fork', 'zap'];

describe('the command line of the bench', () => {
  it.each([
    [[], { kind: 'run', json: false, rounds: 5, names: [] }],
    [
      ['--json', 'zap', '--rounds', '3', 'fork'],
      { kind: 'run', json: true, rounds: 3, names: ['zap', 'fork'] },
    ],
    [['--help', 'nonsense'], { kind: 'help' }],
    [['-h'], { kind: 'help' }],
    [['--list'], { kind: 'list' }],
    [['--row', 'zap'], { kind: 'row', name: 'zap' }],
  ])('takes %j', (args, expected) => {
    expect(parseArguments(args, KNOWN)).toEqual(expected);
  });

  it.each([
    [['zapp'], "no row 'zapp'; there are: fork zap"],
    [['--row', 'zapp'], "no row 'zapp'; there are: fork zap"],
    [['--rounds', '0'], "--rounds '0': allowed are 1 to 99"],
    [['--rounds', '100'], "--rounds '100': allowed are 1 to 99"],
    [['--rounds', '2.5'], "--rounds '2.5': allowed are 1 to 99"],
    [['--rounds='], "--rounds '': allowed are 1 to 99"],
    [['--fast'], "Unknown option '--fast'"],
  ])('refuses %j', (args, message) => {
    expect(parseArguments(args, KNOWN)).toEqual({ kind: 'mistake', message });
  });

  it('says what an option without its value lacks', () => {
    expect(parseArguments(['--rounds'], KNOWN)).toMatchObject({ kind: 'mistake' });
  });
});
