import type { Scenario } from './scenario.ts';

export const PHYSICAL_SCENARIOS: readonly Scenario[] = [
  {
    id: 'zones',
    chapter: 2,
    title: 'Where the memory goes before you come',
    summary: 'A machine of 32 MB: zones, watermarks, and what the kernel keeps for itself.',
    choice: {
      release: '2.4.22',
      memory: 32 << 20,
      swap: 0,
      sysctl: {},
      program: { kind: 'program', name: 'touch', args: ['12', 'forward'] },
    },
    layout: 'row(scenario:3,memory:5,column(zones,proc):4)',
    stages: [
      {
        title: 'Two zones',
        text: 'test',
        question: 'test?',
        options: ['a', 'b'],
        correct: 0,
        answer: 'test',
        go: { to: 'end' },
      },
    ],
  },
];
