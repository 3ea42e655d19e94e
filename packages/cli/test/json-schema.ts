import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../schemas');

/** The part of JSON Schema that the schemas of the command line use. */
interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** The schema of a command's JSON. */
export function schemaOf(command: string): Schema {
  return JSON.parse(readFileSync(join(folder, `${command}.json`), 'utf8')) as Schema;
}

/** What of `value` is not as the schema says; nothing when all is. */
export function violations(schema: Schema, value: unknown, path = '$'): string[] {
  if (schema.$ref !== undefined) {
    const [file = '', pointer = ''] = schema.$ref.split('#/$defs/');
    const target = schemaOf(file.replace(/\.json$/, '')).$defs?.[pointer];
    return target === undefined ? [`${path}: no ${schema.$ref}`] : violations(target, value, path);
  }
  if (schema.anyOf !== undefined) {
    const results = schema.anyOf.map((option) => violations(option, value, path));
    return results.some((result) => result.length === 0) ? [] : results.flat();
  }
  if ('const' in schema && value !== schema.const) return [`${path}: ${value}, not ${schema.const}`];
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${path}: ${value} is not allowed`];
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  if (schema.type !== undefined) {
    const allowed = [schema.type].flat();
    const fits = allowed.includes(type) || (allowed.includes('integer') && Number.isSafeInteger(value));
    if (!fits) return [`${path}: ${type}, not ${allowed.join(' or ')}`];
  }
  if (typeof value === 'number') {
    if (schema.minimum !== undefined && value < schema.minimum) return [`${path}: ${value} is too small`];
    if (schema.maximum !== undefined && value > schema.maximum) return [`${path}: ${value} is too large`];
  }
  if (typeof value === 'string' && schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) {
    return [`${path}: "${value}" does not match ${schema.pattern}`];
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((item, i) => violations(items, item, `${path}[${i}]`));
  }
  if (type !== 'object') return [];
  const object = value as Record<string, unknown>;
  const properties = schema.properties ?? {};
  return [
    ...(schema.required ?? []).filter((key) => !(key in object)).map((key) => `${path}.${key}: missing`),
    ...Object.entries(object).flatMap(([key, item]) => {
      const property = properties[key];
      if (property !== undefined) return violations(property, item, `${path}.${key}`);
      return schema.additionalProperties === false ? [`${path}.${key}: unknown`] : [];
    }),
  ];
}
