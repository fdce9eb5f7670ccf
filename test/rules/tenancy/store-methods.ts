import { join } from 'node:path';
import ts from 'typescript';

/** A public method of a store, as the type checker sees it. */
export interface StoreMethod {
  /** "TaskStore.update". */
  readonly name: string;
  /** Names of parameters, and of the fields of those that are objects. */
  readonly words: ReadonlySet<string>;
}

/** What says whose rows are meant. */
const OWNER_WORDS = ['organizationId', 'userId', 'scope', 'scopeId', 'ownerUserId'];
const STORE = /(Store|Commands|Removal|Vault|Secrets)$/;

/** Whether a call has to name an owner. */
export function namesOwner({ words }: StoreMethod): boolean {
  return OWNER_WORDS.some((word) => words.has(word));
}

/** A program over the API, which sees every lib it uses; `extra` files are as if they stood on disk. */
export function apiProgram(root: string, extra: Readonly<Record<string, string>> = {}): ts.Program {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const [exists, read, open] = [host.fileExists.bind(host), host.readFile.bind(host), host.getSourceFile.bind(host)];
  host.fileExists = (path) => path in extra || exists(path);
  host.readFile = (path) => extra[path] ?? read(path);
  host.getSourceFile = (path, language, ...rest) => (path in extra ? ts.createSourceFile(path, extra[path] ?? '', language) : open(path, language, ...rest));
  return ts.createProgram([join(root, 'apps/api/src/main.ts'), ...Object.keys(extra)], { ...options, noEmit: true }, host);
}

function filesOf(program: ts.Program, folder: RegExp): ts.SourceFile[] {
  return program.getSourceFiles().filter(({ fileName, isDeclarationFile }) => !isDeclarationFile && folder.test(fileName));
}

/** Public methods of all stores of the libs. */
export function storeMethods(program: ts.Program, folder = /\/libs\/(domain|billing)\/src\//): StoreMethod[] {
  const checker = program.getTypeChecker();
  return filesOf(program, folder).flatMap((file) => file.statements.filter((node) => ts.isClassDeclaration(node) && STORE.test(node.name?.text ?? ''))).flatMap((node) => {
    const { name, members } = node as ts.ClassDeclaration;
    return members.filter((member) => ts.isMethodDeclaration(member) && !isPrivate(member)).map((member) => {
      const { parameters } = member as ts.MethodDeclaration;
      return { name: `${name?.text}.${member.name?.getText()}`, words: new Set(parameters.flatMap((parameter) => wordsOf(parameter, checker))) };
    });
  });
}

/** Methods of stores that the API's own code calls. */
export function calledByApi(program: ts.Program, folder = /\/apps\/api\/src\//): Set<string> {
  const checker = program.getTypeChecker();
  const called = new Set<string>();
  const look = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) {
      const declaration = checker.getSymbolAtLocation(node.name)?.declarations?.[0];
      const owner = declaration && ts.isMethodDeclaration(declaration) && ts.isClassDeclaration(declaration.parent) ? declaration.parent.name?.text : undefined;
      if (owner !== undefined && STORE.test(owner)) called.add(`${owner}.${node.name.text}`);
    }
    ts.forEachChild(node, look);
  };
  for (const file of filesOf(program, folder)) look(file);
  return called;
}

function isPrivate(member: ts.ClassElement): boolean {
  return (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Static)) !== 0;
}

/** An optional owner is none: a call that leaves it out compiles. */
function wordsOf(parameter: ts.ParameterDeclaration, checker: ts.TypeChecker): string[] {
  if (parameter.questionToken ?? parameter.initializer) return [];
  const type = checker.getTypeAtLocation(parameter);
  const isTransaction = type.symbol?.name === 'EntityManager';
  const fields = isTransaction || type.isUnion() ? [] : checker.getPropertiesOfType(type).filter(({ flags }) => (flags & ts.SymbolFlags.Optional) === 0);
  return [...(ts.isIdentifier(parameter.name) ? [parameter.name.text] : []), ...fields.map(({ name }) => name)];
}
