import type { GuestTask } from './task.ts';

/** Processor time and faults. @linux struct rusage */
export class Usage {
  /** ns */
  user = 0;
  /** ns */
  system = 0;
  minFlt = 0;
  majFlt = 0;
  /** Most pages in memory at a time of one that was waited for. */
  maxRss = 0;

  /** Adds what a task has used so far. */
  addTask({ process, userNs }: GuestTask): void {
    const { cpuNs, minFlt, majFlt, mm } = process.task;
    this.user += userNs;
    this.system += Math.max(0, cpuNs - userNs);
    this.minFlt += minFlt;
    this.majFlt += majFlt;
    this.maxRss = Math.max(this.maxRss, mm?.rss ?? 0);
  }

  add(other: Usage): void {
    this.user += other.user;
    this.system += other.system;
    this.minFlt += other.minFlt;
    this.majFlt += other.majFlt;
    this.maxRss = Math.max(this.maxRss, other.maxRss);
  }

  /** As getrusage and wait4 give it: 18 words. What nobody counts is 0. */
  words(): number[] {
    const words = new Array<number>(18).fill(0);
    words[0] = Math.floor(this.user / 1e9);
    words[1] = Math.floor((this.user % 1e9) / 1e3);
    words[2] = Math.floor(this.system / 1e9);
    words[3] = Math.floor((this.system % 1e9) / 1e3);
    words[4] = this.maxRss * 4;
    words[8] = this.minFlt;
    words[9] = this.majFlt;
    return words;
  }
}
