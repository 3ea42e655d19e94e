/** CPU time that this process has used, in nanoseconds. Wall time would count other programs on the machine. */
export function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}
