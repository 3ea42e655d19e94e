import type { Resource } from '../physical/resources.ts';

/** Levels that the kernel indents; deeper ranges stand like the last. */
const INDENT_MAX = 4;

/**
 * The text of /proc/iomem: who owns which physical addresses.
 *
 * @linux 2.4.22 kernel/resource.c get_resource_list()
 */
export function formatIomem(root: Resource): string {
  return root.children.map((child) => lines(child, 0)).join('');
}

function lines(resource: Resource, depth: number): string {
  const indent = '  '.repeat(Math.min(depth, INDENT_MAX));
  const own = `${indent}${hex8(resource.start)}-${hex8(resource.end)} : ${resource.name}\n`;
  return own + resource.children.map((child) => lines(child, depth + 1)).join('');
}

function hex8(address: number): string {
  return address.toString(16).padStart(8, '0');
}
