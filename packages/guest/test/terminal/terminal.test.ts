import { describe, expect, it } from 'vitest';
import { SIG } from '../../src/index.ts';
import { programBytes, testGuest } from '../run-guest.ts';

describe('a program at a terminal', () => {
  it('sees groups, sessions and stopping as on Linux', () => {
    const { guest, start, text } = testGuest({ terminal: true });
    expect(start('terminal', 'checks').status).toBe(0);
    expect(text()).toBe('all checks passed\r\n');
    expect(guest.tasks).toEqual([]);
    guest.kernel.checkInvariants();
  });

  it('sleeps until a line has come, and reads to its end', () => {
    const { start, type } = testGuest({ terminal: true });
    const task = start('terminal', 'lines');
    expect(type('ab')).toBe('ab');
    expect(type('\x7fc\r')).toBe('\b \bc\r\n3[ac\r\n]\r\n');
    expect(type('x\x04')).toBe('x1[x]\r\n');
    expect(type('two\rlines\r')).toBe('two\r\nlines\r\n4[two\r\n]\r\n6[lines\r\n]\r\n');
    expect(task.status).toBeNull();
    expect(type('\x04')).toBe('end\r\n');
    expect(task.status).toBe(0);
  });

  it('takes more than its buffer holds, line by line', () => {
    const { start, type } = testGuest({ terminal: true });
    start('terminal', 'lines');
    const shown = type(`${'x'.repeat(99)}\r`.repeat(100));
    expect(shown.match(/100\[/g)?.length).toBe(100);
  });

  it.each<[string, string, readonly string[], string]>([
    ['1', '0', ['\x03\r'], '2 00000003 0000000a'],
    ['3', '0', ['a', 'b', 'c'], '3 00000061 00000062 00000063'],
    ['0', '0', [], '0'],
    ['0', '5', [], '0'],
    ['4', '3', ['zz'], '2 0000007a 0000007a'],
  ])('raw mode, VMIN %s, VTIME %s, %j typed', (min, time, typed, got) => {
    const { start, type, text } = testGuest({ terminal: true });
    const task = start('terminal', 'raw', min, time);
    for (const keys of typed) {
      expect(task.status).toBeNull();
      type(keys);
    }
    expect(text()).toBe(`raw\r\n${got}\r\n`);
    expect(task.status).toBe(0);
  });

  it('hears of the size of the window, and of ^C', () => {
    const { guest, text } = testGuest({ terminal: true });
    const task = guest.start(programBytes('terminal'), ['terminal', 'wait']);
    if (typeof task === 'number') throw new Error('not started');
    const run = () => {
      for (let i = 0; i < 20; i++) guest.step();
    };
    run();
    guest.console.resize(50, 132);
    run();
    expect(text()).toBe('24 lines of 80\r\n50 lines of 132\r\n');
    guest.console.push(Buffer.from('\x1a'));
    run();
    expect(task.job.stoppedBy).toBe(0);
    guest.console.push(Buffer.from('\x03'));
    run();
    expect(task.status).toBe(7 << 8);
  });

  it('is hung up with its terminal', () => {
    const { guest, start } = testGuest({ terminal: true });
    const task = start('terminal', 'lines');
    guest.console.hangUp();
    guest.step();
    expect(task.status).toBe(SIG.hup);
  });

  it('^C ends a program that asked for nothing', () => {
    const { guest, start, type } = testGuest({ terminal: true });
    const task = start('terminal', 'lines');
    expect(type('\x03')).toBe('^C');
    expect(task.status).toBe(SIG.int);
    expect(guest.tasks).toEqual([]);
  });
});

describe('a program without terminal', () => {
  it('time stands still until its input comes', () => {
    const { guest, start, text } = testGuest({ openInput: true });
    const task = start('terminal', 'lines');
    const { now } = guest.kernel.clock;
    for (let i = 0; i < 5; i++) guest.step();
    expect(guest.waitsFor).toBe('input');
    expect(guest.kernel.clock.now).toBe(now);
    guest.console.push(Buffer.from('a\nb\n'));
    guest.step();
    guest.console.hangUp();
    guest.runUntilEnd(task);
    expect(text()).toBe('4[a\nb\n]\nend\n');
  });

  it('there is no /dev/tty, and its input has no settings', () => {
    const { start, text } = testGuest();
    start('terminal', 'raw', '1', '0');
    expect(text()).toMatch(/^FAILED: TCGETS\nFAILED: TCSETS\nraw\n0\n/);
  });
});
