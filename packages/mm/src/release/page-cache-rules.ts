import { PAGE_CACHE_RULES, type PageCacheRules } from '../page-cache/page-cache.ts';

/** How the page cache of a release differs from the others'. */
export function pageCacheRules(release: string): PageCacheRules {
  return release === '2.4.0' ? { commitsFailedCopies: false } : PAGE_CACHE_RULES;
}
