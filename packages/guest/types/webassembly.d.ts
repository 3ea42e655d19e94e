/** What we use of WebAssembly: the language's own library lacks it, and the browser's would bring the whole DOM. */
declare namespace WebAssembly {
  type ExportValue = ((...args: never[]) => unknown) | Memory | Table | Global;
  type ImportValue = ExportValue | number;
  type ModuleImports = Record<string, ImportValue>;
  interface Descriptor {
    readonly module: string;
    readonly name: string;
    readonly kind: 'function' | 'table' | 'memory' | 'global';
  }
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
    static imports(module: Module): Descriptor[];
    static exports(module: Module): Descriptor[];
  }
  class Instance {
    constructor(module: Module, imports: Record<string, ModuleImports>);
    readonly exports: Record<string, ExportValue>;
  }
  class Memory {
    private constructor();
    readonly buffer: ArrayBuffer;
  }
  class Table {
    constructor(descriptor: { element: 'anyfunc'; initial: number });
    set(index: number, value: ExportValue | null): void;
  }
  class Global {
    private constructor();
    value: number;
  }
  class RuntimeError extends Error {}
}
