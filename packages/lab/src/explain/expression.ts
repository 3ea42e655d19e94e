/** Token of an expression: a name, a number, a text in quotes, an operator or a parenthesis. */
const TOKEN =
  /\s*(?:([A-Za-z_]\w*)|(0[xX][0-9a-fA-F]+|\d+)|('[^']*'|"[^"]*")|(>>|<<|<=|>=|==|!=|&&|\|\||[-+*/%&|<>()!]))/y;

/** Binary operators by how tightly they bind, loosest first; those of one line from left to right. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

/** A value under names. */
export type Values = Readonly<Record<string, number>>;
/** An expression that was read: its value for given names. @throws RangeError for a name without value */
export type Expression = (values: Values) => number;

/**
 * The value of a decision's expression, with C's precedence; a comparison is 1 or 0, division rounds down.
 *
 * @param text as in a tracepoint's `decision`
 * @param values of the names
 * @throws RangeError for a name without value, or text that is no expression
 */
export function evaluate(text: string, values: Values): number {
  return compile(text)(values);
}

/**
 * Reads an expression, to evaluate it often. Numbers may be hexadecimal (`0x1d2`); texts stand in quotes.
 *
 * @param numberOf the number that stands for a text
 * @throws RangeError for text that is no expression
 */
export function compile(text: string, numberOf: (text: string) => number = () => -1): Expression {
  const tokens = tokenize(text);
  let at = 0;
  const primary = (): Expression => {
    const token = tokens[at++];
    if (token === '(') {
      const value = binary(0);
      if (tokens[at++] !== ')') throw new RangeError(`'${text}': a parenthesis is not closed`);
      return value;
    }
    if (token === '-' || token === '!') {
      const value = primary();
      return token === '-' ? (values) => -value(values) : (values) => (value(values) === 0 ? 1 : 0);
    }
    if (token === undefined) throw new RangeError(`'${text}' ends too early`);
    if (/^\d/.test(token)) return constant(Number(token));
    // A text may get its number later.
    if (/^['"]/.test(token)) return () => numberOf(token.slice(1, -1));
    if (!/^[A-Za-z_]/.test(token)) throw new RangeError(`'${text}': '${token}' is not expected there`);
    return (values) => {
      const value = values[token];
      if (value === undefined) throw new RangeError(`'${text}': no value for ${token}`);
      return value;
    };
  };
  const binary = (level: number): Expression => {
    const operators = LEVELS[level];
    if (operators === undefined) return primary();
    let left = binary(level + 1);
    while (operators.includes(tokens[at] ?? '')) left = both(tokens[at++] as string, left, binary(level + 1));
    return left;
  };
  const value = binary(0);
  if (at < tokens.length) throw new RangeError(`'${text}': '${tokens[at]}' is not expected there`);
  return value;
}

/** A text in an expression, and the name that it is compared with by == or !=; null: with none. */
export interface ComparedText {
  readonly text: string;
  readonly name: string | null;
}

/**
 * The texts in an expression.
 *
 * @throws RangeError for text that is no expression
 */
export function comparedTexts(expression: string): ComparedText[] {
  const tokens = tokenize(expression);
  const nameAt = (at: number, operator: string | undefined): string | null => {
    const token = tokens[at];
    if (token === undefined || (operator !== '==' && operator !== '!=')) return null;
    return /^[A-Za-z_]/.test(token) ? token : null;
  };
  return tokens.flatMap((token, at) => {
    if (!/^['"]/.test(token)) return [];
    return {
      text: token.slice(1, -1),
      name: nameAt(at - 2, tokens[at - 1]) ?? nameAt(at + 2, tokens[at + 1]),
    };
  });
}

function constant(value: number): Expression {
  return () => value;
}

function both(operator: string, left: Expression, right: Expression): Expression {
  return (values) => apply(operator, left(values), right(values));
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new RangeError(`'${text}': '${text.slice(start)}' is no part of an expression`);
    tokens.push((match[1] ?? match[2] ?? match[3] ?? match[4]) as string);
  }
  return tokens;
}

function apply(operator: string, left: number, right: number): number {
  const bool = (value: boolean): number => (value ? 1 : 0);
  switch (operator) {
    case '||':
      return bool(left !== 0 || right !== 0);
    case '&&':
      return bool(left !== 0 && right !== 0);
    case '==':
      return bool(left === right);
    case '!=':
      return bool(left !== right);
    case '<':
      return bool(left < right);
    case '<=':
      return bool(left <= right);
    case '>':
      return bool(left > right);
    case '>=':
      return bool(left >= right);
    case '|':
      return (left | right) >>> 0;
    case '&':
      return (left & right) >>> 0;
    case '<<':
      return left * 2 ** right;
    case '>>':
      return Math.floor(left / 2 ** right);
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return Math.floor(left / right);
    default:
      return left % right;
  }
}
