// Makes the index behind `pagewalk where`: every `@linux` tag of the memory manager's sources, the declaration that it
// stands above, and who calls whom by kernel name. The sources are not needed at run time.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseAst } from 'rolldown/parseAst';
import { parseLinuxTag } from './linux-tag.mjs';

/** Release of a tag that names none: the one that most of the code is about. */
const DEFAULT_RELEASE = '2.4.22';

/** Reads all sources below `folder` and returns the index as an object for JSON. */
export function buildWhereIndex(root, folder) {
  const modules = sourceFiles(join(root, folder)).map((path) => readModule(root, path));
  const world = new World(modules);
  return { defaultRelease: DEFAULT_RELEASE, entries: world.entries() };
}

function sourceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Children of a node of the syntax tree, in order. */
function* children(node) {
  for (const key of Object.keys(node)) {
    const value = node[key];
    if (Array.isArray(value)) {
      for (const item of value) if (item !== null && typeof item?.type === 'string') yield item;
    } else if (value !== null && typeof value?.type === 'string') {
      yield value;
    }
  }
}

/** The syntax tree; empty, with a warning, for a file that is broken: the type check has more to say about it. */
function parse(path, text) {
  try {
    return parseAst(text, { lang: 'ts' });
  } catch {
    console.warn(`where-index: ${path} cannot be parsed and is left out`);
    return { type: 'Program', body: [] };
  }
}

/** One file: its tree, tags, imports, and what it declares. */
function readModule(root, path) {
  const text = readFileSync(path, 'utf8');
  const module = {
    file: relative(root, path).replaceAll('\\', '/'),
    path,
    text,
    ast: parse(path, text),
    imports: new Map(),
    units: [],
    classes: new Map(),
    lineStarts: [0],
  };
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) module.lineStarts.push(at + 1);
  for (const statement of module.ast.body) {
    if (statement.type === 'ImportDeclaration' && statement.source.value.startsWith('.')) {
      for (const { local, imported } of statement.specifiers) {
        module.imports.set(local.name, {
          path: join(path, '..', statement.source.value),
          name: imported?.name ?? null,
        });
      }
    }
    declare(module, statement);
  }
  attachTags(module);
  return module;
}

function lineOf(module, offset) {
  let low = 0;
  let high = module.lineStarts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (module.lineStarts[middle] <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

function addUnit(module, name, owner, node, start) {
  module.units.push({
    key: `${module.file}#${owner === null ? '' : `${owner}.`}${name}`,
    name,
    owner,
    file: module.file,
    line: lineOf(module, node.start),
    start,
    node,
    tags: [],
    module,
  });
}

/** Notes what a statement at the top of a file declares. */
function declare(module, statement) {
  const node = statement.type.startsWith('Export') ? statement.declaration : statement;
  if (node === null || node === undefined) return;
  const start = statement.start;
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
    case 'TSTypeAliasDeclaration':
    case 'TSEnumDeclaration':
      addUnit(module, node.id.name, null, node, start);
      return;
    case 'VariableDeclaration':
      for (const declarator of node.declarations) {
        if (declarator.id.type !== 'Identifier') continue;
        addUnit(module, declarator.id.name, null, declarator, start);
        declareProperties(module, declarator.id.name, declarator);
      }
      return;
    case 'ClassDeclaration':
      declareType(module, node, start, [
        ...node.implements.map(({ expression }) => expression),
        node.superClass,
      ]);
      return;
    case 'TSInterfaceDeclaration':
      declareType(
        module,
        node,
        start,
        node.extends.map(({ expression }) => expression),
      );
      return;
  }
}

/** Functions in a constant object; one with a type (`const SHMEM_VM_OPS: VmOperations = {…}`) implements it. */
function declareProperties(module, owner, { id, init }) {
  const object = /^TS(As|Satisfies)Expression$/.test(init?.type) ? init.expression : init;
  if (object?.type !== 'ObjectExpression') return;
  for (const property of object.properties) {
    if (property.type === 'Property' && property.key.type === 'Identifier') {
      addUnit(module, property.key.name, owner, property, property.start);
    }
  }
  const type = typeName(id.typeAnnotation ?? (object === init ? null : init.typeAnnotation));
  if (type !== null)
    module.classes.set(owner, { name: owner, isClass: true, members: new Map(), parents: [type] });
}

function declareType(module, node, start, parents) {
  const name = node.id.name;
  addUnit(module, name, null, node, start);
  const members = new Map();
  const isClass = node.type === 'ClassDeclaration';
  for (const member of node.body.body) {
    const key = member.key?.name;
    if (key === undefined) continue;
    const own = member.key.type === 'PrivateIdentifier' ? `#${key}` : key;
    addUnit(module, own, name, member, member.start);
    members.set(
      own,
      typeName(member.value?.returnType ?? member.returnType ?? member.typeAnnotation) ??
        newType(member.value),
    );
    if (own !== 'constructor') continue;
    for (const parameter of member.value.params) {
      if (parameter.type !== 'TSParameterProperty') continue;
      const inner = parameter.parameter.left ?? parameter.parameter;
      members.set(inner.name, typeName(inner.typeAnnotation));
    }
  }
  module.classes.set(name, { name, isClass, members, parents: parents.map((p) => p?.name).filter(Boolean) });
}

/** The name in a type annotation: `: Foo`, `: Foo | null`, `: readonly Foo[]` give Foo. */
function typeName(annotation) {
  let type = annotation;
  for (;;) {
    if (type === null || type === undefined) return null;
    if (type.type === 'TSTypeAnnotation') type = type.typeAnnotation;
    else if (type.type === 'TSTypeOperator') type = type.typeAnnotation;
    else if (type.type === 'TSArrayType') type = type.elementType;
    else if (type.type === 'TSUnionType') type = type.types.find((part) => part.type === 'TSTypeReference');
    else if (type.type === 'TSTypeReference') return type.typeName.name ?? null;
    else return null;
  }
}

function newType(value) {
  return value?.type === 'NewExpression' ? (value.callee.name ?? null) : null;
}

/** Gives each tag to the innermost declaration that the comment stands above or is in. */
function attachTags(module) {
  for (const { index, 0: comment } of module.text.matchAll(/\/\*\*[\s\S]*?\*\/|\/\/[^\n]*@linux[^\n]*/g)) {
    if (!comment.includes('@linux')) continue;
    const after = index + comment.length;
    const next = after + /^[\s]*/.exec(module.text.slice(after))[0].length;
    const above = module.units.filter((unit) => unit.start === next || unit.node.start === next);
    const around = module.units.filter((unit) => unit.start <= index && unit.node.end >= after);
    const unit = above[0] ?? around.at(-1) ?? null;
    for (const text of tagTexts(comment)) {
      const tag = parseLinuxTag(text);
      const place = unit ?? { key: `${module.file}#`, tags: (module.loose ??= []) };
      place.tags.push({ ...tag, line: unit?.line ?? lineOf(module, index), exact: above.length > 0 });
    }
  }
}

/** The texts behind each @linux of a comment, without the stars. */
function tagTexts(comment) {
  const plain = comment.replace(/\*\/$/, '').replace(/\n\s*\* ?/g, '\n');
  return [...plain.matchAll(/@linux\s+([\s\S]*?)(?=\n\s*\n|@[a-z]+\s|$)/g)].map((match) => match[1].trim());
}

/** All modules together: who is meant by a name, who calls whom. */
class World {
  constructor(modules) {
    this.modules = modules;
    this.byPath = new Map(modules.map((module) => [module.path, module]));
    this.units = modules.flatMap(({ units }) => units);
    this.top = new Map(this.units.filter((unit) => unit.owner === null).map((unit) => [unit.key, unit]));
    this.classes = new Map();
    this.members = new Map();
    for (const module of modules) {
      for (const [name, type] of module.classes) if (!this.classes.has(name)) this.classes.set(name, type);
    }
    for (const unit of this.units)
      if (unit.owner !== null) this.members.set(`${unit.owner}.${unit.name}`, unit);
    this.heirs = new Map();
    for (const type of this.classes.values()) {
      for (const parent of type.parents)
        this.heirs.set(parent, [...(this.heirs.get(parent) ?? []), type.name]);
    }
    this.namedTypes = this.collectNamedTypes();
    this.tables = this.collectTables();
  }

  /** Functions that stand in objects made on the way (`{ nopage: (vma, address) => … }`), by their key. */
  collectTables() {
    const wanted = new Set(
      this.units
        .filter(({ node }) => node.type === 'TSPropertySignature' && typeName(node.typeAnnotation) === null)
        .map(({ name }) => name),
    );
    const found = new Map();
    const visit = (node, unit) => {
      const name = node.type === 'Property' ? node.key.name : undefined;
      if (wanted.has(name) && /Function|^Identifier$|^MemberExpression$/.test(node.value.type)) {
        const entry = { ...unit, key: `${unit.key}:${name}@${node.start}`, name, node, tags: [] };
        found.set(name, [...(found.get(name) ?? []), entry]);
      }
      for (const child of children(node)) visit(child, unit);
    };
    for (const unit of this.units) {
      const body = bodyOf(unit.node);
      if (body !== null) visit(body, unit);
    }
    return found;
  }

  /** Type by the name of a variable or field, where all that have the name agree. */
  collectNamedTypes() {
    const found = new Map();
    const note = (name, type) => {
      if (name === undefined || type === null || type === undefined || !this.classes.has(type)) return;
      found.set(name, (found.get(name) ?? new Set()).add(type));
    };
    const visit = (node) => {
      if (node.type === 'Identifier') note(node.name, typeName(node.typeAnnotation));
      if (node.type === 'PropertyDefinition' || node.type === 'TSPropertySignature') {
        note(node.key?.name, typeName(node.typeAnnotation) ?? newType(node.value));
      }
      if (node.type === 'VariableDeclarator') note(node.id.name, newType(node.init));
      for (const child of children(node)) visit(child);
    };
    for (const module of this.modules) visit(module.ast);
    const unique = new Map();
    for (const [name, types] of found) if (types.size === 1) unique.set(name, [...types][0]);
    return unique;
  }

  /** The function that a plain name means in a module. */
  lookup(module, name) {
    const own = this.top.get(`${module.file}#${name}`);
    if (own !== undefined) return own;
    const from = module.imports.get(name);
    if (from === undefined || from.name === null) return null;
    const other = this.byPath.get(from.path);
    if (other === undefined) return null;
    return this.top.get(`${other.file}#${from.name}`) ?? this.reexported(other, from.name);
  }

  reexported(module, name) {
    for (const statement of module.ast.body) {
      if (statement.type !== 'ExportNamedDeclaration' || statement.source === null) continue;
      const specifier = statement.specifiers.find(({ exported }) => exported.name === name);
      if (specifier === undefined) continue;
      const other = this.byPath.get(join(module.path, '..', statement.source.value));
      return other === undefined ? null : (this.top.get(`${other.file}#${specifier.local.name}`) ?? null);
    }
    return null;
  }

  memberType(type, name) {
    for (let at = this.classes.get(type), depth = 0; at !== undefined && depth < 5; depth++) {
      const found = at.members.get(name);
      if (found !== undefined) return found;
      at = this.classes.get(at.parents[0]);
    }
    return null;
  }

  /** Name of the class or interface of an expression, or null. */
  typeOf(node, unit, locals) {
    switch (node?.type) {
      case 'ThisExpression':
        return unit.owner;
      case 'Identifier':
        return locals.get(node.name) ?? this.namedTypes.get(node.name) ?? null;
      case 'NewExpression':
        return node.callee.name ?? null;
      case 'TSAsExpression':
        return typeName(node.typeAnnotation);
      case 'TSNonNullExpression':
        return this.typeOf(node.expression, unit, locals);
      case 'CallExpression': {
        const [callee] = this.resolve(node.callee, unit, locals);
        return callee === undefined
          ? null
          : typeName(callee.node.returnType ?? callee.node.value?.returnType);
      }
      case 'MemberExpression': {
        if (node.computed) return this.typeOf(node.object, unit, locals);
        const owner = this.typeOf(node.object, unit, locals);
        const name = propertyName(node);
        return (owner && this.memberType(owner, name)) ?? this.namedTypes.get(name) ?? null;
      }
      default:
        return null;
    }
  }

  /** The units that a callee or reference means. */
  resolve(node, unit, locals) {
    if (node.type === 'Identifier') {
      if (locals.has(node.name)) return [];
      const found = this.lookup(unit.module, node.name);
      return found === null ? [] : [found];
    }
    if (node.type !== 'MemberExpression' || node.computed) return [];
    const name = propertyName(node);
    const object = node.object;
    if (object.type === 'Identifier') {
      const constant = this.lookup(unit.module, object.name);
      const own = constant === null ? undefined : this.members.get(`${constant.name}.${name}`);
      if (own !== undefined) return [own];
    }
    const type = this.typeOf(object, unit, locals);
    return type === null ? [] : this.methods(type, name, 0);
  }

  /** A method of a type; where an interface has no tag for it, those of the classes behind. */
  methods(type, name, depth) {
    const own = this.members.get(`${type}.${name}`);
    if (own !== undefined && (own.tags.length > 0 || this.classes.get(type)?.isClass === true)) return [own];
    const heirs = this.heirs.get(type) ?? [];
    if (depth < 3 && heirs.length > 0) {
      const found = heirs.flatMap((heir) => this.methods(heir, name, depth + 1));
      if (found.length > 0) return found;
    }
    for (const parent of depth < 3 ? (this.classes.get(type)?.parents ?? []) : []) {
      const inherited = this.members.get(`${parent}.${name}`);
      if (inherited !== undefined) return [inherited];
    }
    if (own === undefined) return [];
    return own.tags.length === 0 ? (this.tables.get(name) ?? [own]) : [own];
  }

  /** Units that a unit refers to. */
  references(unit) {
    const body = bodyOf(unit.node);
    if (body === null) return [];
    const locals = new Map();
    const collect = (node) => {
      if (node.type === 'VariableDeclarator' && node.id.type === 'Identifier') {
        locals.set(node.id.name, typeName(node.id.typeAnnotation) ?? this.typeOf(node.init, unit, locals));
      } else if (node.type === 'VariableDeclarator' && node.id.type === 'ObjectPattern') {
        const type = this.typeOf(node.init, unit, locals);
        for (const property of node.id.properties) {
          if (property.value?.name)
            locals.set(property.value.name, type && this.memberType(type, property.key?.name));
        }
      }
      for (const parameter of node.params ?? []) {
        const inner = parameter.left ?? parameter;
        if (inner.type === 'Identifier') locals.set(inner.name, typeName(inner.typeAnnotation));
      }
      for (const child of children(node)) collect(child);
    };
    collect(body);
    const found = new Set();
    const visit = (node) => {
      if (node.type.startsWith('TSType') && node.type !== 'TSTypeAssertion') return;
      if (node.type === 'Identifier' || node.type === 'MemberExpression') {
        for (const target of this.resolve(node, unit, locals)) if (target !== unit) found.add(target);
      }
      if (node.type === 'NewExpression' && node.callee.type === 'Identifier') {
        const made = this.members.get(`${node.callee.name}.constructor`);
        if (made !== undefined) found.add(made);
      }
      if (node.type === 'MemberExpression' && !node.computed) visit(node.object);
      else for (const child of children(node)) visit(child);
    };
    visit(body);
    return [...found];
  }

  entries() {
    const referred = new Map(this.units.map((unit) => [unit, this.references(unit)]));
    const named = (unit) => unit.tags.some((tag) => tag.exact && tag.names.some(({ call }) => call));
    // Through functions of ours that stand for nothing in the kernel, on to the next that does.
    const calleesOf = (unit) => {
      const found = new Set();
      const seen = new Set([unit]);
      const walk = (from) => {
        for (const to of referred.get(from) ?? this.references(from)) {
          if (seen.has(to)) continue;
          seen.add(to);
          if (named(to)) found.add(to);
          else if (passesOn(to.node)) walk(to);
        }
      };
      walk(unit);
      return found;
    };
    const entries = [];
    const ofUnit = new Map();
    for (const unit of this.units) {
      for (const tag of unit.tags) {
        const symbol = unit.owner === null ? unit.name : `${unit.owner}.${unit.name}`;
        const entry = entryOf(tag, unit.file, symbol);
        entries.push(entry);
        if (tag.exact && entry.functions.length > 0 && !ofUnit.has(unit)) ofUnit.set(unit, entry);
      }
    }
    for (const module of this.modules) {
      for (const tag of module.loose ?? []) entries.push(entryOf(tag, module.file, ''));
    }
    const index = new Map(entries.map((entry, i) => [entry, i]));
    for (const [unit, entry] of ofUnit) {
      for (const target of calleesOf(unit)) {
        const other = ofUnit.get(target);
        if (other === undefined || other.functions[0] === entry.functions[0]) continue;
        entry.callees.push(index.get(other));
        other.callers.push(index.get(entry));
      }
    }
    return entries;
  }
}

/** One tag as the index has it. `callers` and `callees` are numbers of other entries. */
function entryOf(tag, file, symbol) {
  return {
    names: tag.names.map(({ name }) => name),
    functions: tag.names.filter(({ call }) => call).map(({ name }) => name),
    kernelFiles: tag.names.map(({ path }) => path),
    mentions: tag.files,
    release: tag.release ?? DEFAULT_RELEASE,
    text: tag.text,
    file,
    line: tag.line,
    symbol,
    callers: [],
    callees: [],
  };
}

function propertyName(node) {
  return node.property.type === 'PrivateIdentifier' ? `#${node.property.name}` : node.property.name;
}

/** What of a declaration runs: the whole function, or the value of a constant or field. */
function bodyOf(node) {
  switch (node.type) {
    case 'FunctionDeclaration':
      return node;
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'Property':
      return node.value;
    case 'VariableDeclarator':
      return node.init;
    default:
      return null;
  }
}

/** Whether what a declaration refers to is reached through it: a function, or another name for one. */
function passesOn(node) {
  const body = bodyOf(node);
  return body !== null && /Function|^Identifier$|^MemberExpression$/.test(body.type);
}
