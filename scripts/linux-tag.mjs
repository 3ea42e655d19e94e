// Reads the text of a `@linux` tag: `2.4.22 mm/page_alloc.c rmqueue(), expand()`. Release and file may be missing, and
// words may follow what it names.

const RELEASE = /^(\d+\.\d+(?:\.\d+)?)\s+/;
const PATH = /^((?:[\w.-]+\/)+[\w.-]+\.(?:c|h|S))(?=$|[\s,;:])/;
const FILE = /(?:[\w.-]+\/)+[\w.-]+\.(?:c|h|S)\b/g;
const KIND = /^(?:struct|enum|union)\s+/;
const CALL = /^([A-Za-z_]\w*)\((?:[^()]|\([^()]*\))*\)/;
const PLAIN = /^((?:[A-Za-z_]\w*(?:(?:\.|->)\w+)*\*?))(?=[ \t]*(?:$|\n|[,;:(]|\/ |\band\b))/;
const SEPARATOR = /^\s*(?:[,;]|\/|\band\b)\s*/;

/**
 * @param {string} text what follows `@linux`
 * @returns {{ text: string, release: string | null, names: { name: string, call: boolean, path: string | null }[],
 *   files: string[] }} the release, the names with their files, and all files that the text names
 */
export function parseLinuxTag(text) {
  let rest = text.trim();
  const release = RELEASE.exec(rest);
  if (release !== null) rest = rest.slice(release[0].length);
  const names = [];
  let path = null;
  for (;;) {
    for (let file = PATH.exec(rest); file !== null; file = PATH.exec(rest)) {
      path = file[1];
      rest = rest.slice(file[0].length).replace(/^\s*[,;]?\s*/, '');
    }
    rest = rest.replace(KIND, '');
    const call = CALL.exec(rest);
    const match = call ?? PLAIN.exec(rest);
    if (match === null) break;
    names.push({ name: match[1], call: call !== null, path });
    rest = rest.slice(match[0].length);
    const separator = SEPARATOR.exec(rest);
    if (separator === null) break;
    rest = rest.slice(separator[0].length);
  }
  const files = [...text.matchAll(FILE)].map((match) => match[0]);
  return { text: text.trim().replace(/\s+/g, ' '), release: release?.[1] ?? null, names, files };
}
