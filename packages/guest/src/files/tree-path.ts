import type { TreeDirectory, TreeNode } from '@pagewalk/mm';

/** Links that a path may lead through. */
const MOST_LINKS = 40;
const EMPTY: TreeDirectory = { kind: 'directory', mode: 0o755, entries: new Map() };

/** Trees at their places. */
export interface PlacedTree {
  /** Absolute; `/` for the root. */
  readonly path: string;
  readonly tree: TreeDirectory;
}

/**
 * What a path leads to in trees that are not mounted yet: symbolic links are followed.
 *
 * @param trees a later one hides what is below its place
 * @param path absolute, or seen from the root
 * @returns null: nothing
 */
export function findInTrees(trees: readonly PlacedTree[], path: string): TreeNode | null {
  let names = path.split('/');
  let at: string[] = [];
  for (let links = 0; links <= MOST_LINKS; ) {
    const name = names.shift();
    if (name === undefined) return nodeAt(trees, at);
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at = at.slice(0, -1);
      continue;
    }
    const node = nodeAt(trees, [...at, name]);
    if (node === null) return null;
    if (node.kind !== 'symlink') {
      at = [...at, name];
      continue;
    }
    links++;
    if (node.target.startsWith('/')) at = [];
    names = [...node.target.split('/'), ...names];
  }
  return null;
}

/** What has these names, without links. */
function nodeAt(trees: readonly PlacedTree[], names: readonly string[]): TreeNode | null {
  let node: TreeNode | null = placedAt(trees, []) ?? EMPTY;
  for (let i = 0; i < names.length; i++) {
    const below: TreeNode | null =
      node?.kind === 'directory' ? (node.entries.get(names[i] as string) ?? null) : null;
    node =
      placedAt(trees, names.slice(0, i + 1)) ??
      below ??
      (leadsToTree(trees, names.slice(0, i + 1)) ? EMPTY : null);
  }
  return node;
}

function placedAt(trees: readonly PlacedTree[], names: readonly string[]): TreeDirectory | null {
  const path = `/${names.join('/')}`;
  return trees.filter((tree) => tree.path === path).at(-1)?.tree ?? null;
}

/** A directory that is made on the way to a tree. */
function leadsToTree(trees: readonly PlacedTree[], names: readonly string[]): boolean {
  return trees.some(({ path }) => path.startsWith(`/${names.join('/')}/`));
}
