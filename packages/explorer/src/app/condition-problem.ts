/** What is wrong with a condition over these fields, in one line; empty: nothing. The worker has the last word. */
export function conditionProblem(condition: string, fields: readonly string[]): string {
  const names = condition.replace(/"[^"]*"|'[^']*'/g, '').match(/\b[A-Za-z_]\w*/g) ?? [];
  const unknown = names.find((name) => !fields.includes(name));
  if (unknown !== undefined) return `${unknown}: no such field; there are ${fields.join(', ')}`;
  const bad = condition.replace(/"[^"]*"|'[^']*'/g, '').match(/[^\w\s<>=!&|()+\-*/%]/);
  return bad ? `'${bad[0]}' has no meaning in a condition` : '';
}
