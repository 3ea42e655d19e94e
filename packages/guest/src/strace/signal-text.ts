/** What is told of a signal, as strace prints it. */
import { CLD, SI, type SignalInfo } from '../siginfo.ts';
import { SIG } from '../signal-numbers.ts';
import { pointer } from './arguments.ts';
import { signalName } from './flags.ts';

/** Names of the codes of faults, by signal. */
const FAULT_CODES: Readonly<Record<number, readonly string[]>> = {
  [SIG.bus]: ['', 'BUS_ADRALN', 'BUS_ADRERR', 'BUS_OBJERR'],
  [SIG.segv]: ['', 'SEGV_MAPERR', 'SEGV_ACCERR'],
};
const CHILD_CODES = [
  '',
  'CLD_EXITED',
  'CLD_KILLED',
  'CLD_DUMPED',
  'CLD_TRAPPED',
  'CLD_STOPPED',
  'CLD_CONTINUED',
];
const SENDER_CODES: Readonly<Record<number, string>> = {
  [SI.user]: 'SI_USER',
  [SI.queue]: 'SI_QUEUE',
  [SI.timer]: 'SI_TIMER',
  [SI.tkill]: 'SI_TKILL',
};

/** `{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=8, …}` */
export function signalText({ signo, code, words }: SignalInfo): string {
  const [first = 0, uid = 0, third = 0, user = 0, system = 0] = words;
  const head = `{si_signo=${signalName(signo)}, si_code=`;
  if (code === SI.kernel) return `${head}SI_KERNEL}`;
  if (signo === SIG.chld && code > 0) {
    const status = code === CLD.exited ? String(third) : signalName(third);
    return `${head}${CHILD_CODES[code]}, si_pid=${first}, si_uid=${uid}, si_status=${status}, si_utime=${user}, si_stime=${system}}`;
  }
  const sender = SENDER_CODES[code];
  if (sender !== undefined) {
    const value = code === SI.queue ? `, si_int=${third | 0}, si_ptr=${pointer(third)}` : '';
    return `${head}${sender}, si_pid=${first}, si_uid=${uid}${value}}`;
  }
  return `${head}${FAULT_CODES[signo]?.[code] ?? code}, si_addr=${pointer(first)}}`;
}
