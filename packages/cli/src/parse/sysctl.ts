import { InvalidArgumentError } from 'commander';

/** Collects `--sysctl key=value`, repeatable: a later value of a key wins. `/` in a key may stand for `.`. */
export function sysctlOption(
  text: string,
  previous: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const at = text.indexOf('=');
  const key = text.slice(0, at).trim().replaceAll('/', '.');
  if (at <= 0 || !/^[a-z0-9_.-]+$/i.test(key) || text.slice(at + 1).trim() === '') {
    throw new InvalidArgumentError('Allowed: KEY=VALUE, e.g. vm.overcommit_memory=1.');
  }
  return { ...previous, [key]: text.slice(at + 1).trim() };
}
