/** The arguments of a workload are wrong; the message names the argument, its value and what is allowed. */
export class WorkloadError extends Error {
  override readonly name = 'WorkloadError';
}
