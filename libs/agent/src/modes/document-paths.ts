import { matchesAny } from '../text/glob-pattern';

/** Where documents are. */
export const DOCUMENT_PATHS: readonly string[] = ['**/*.{md,mdx,rst,adoc,txt}', '{docs,doc,documentation}/**', '**/{docs,doc,documentation}/**/*.{png,jpg,jpeg,gif,webp,svg,puml,mmd,drawio}', '{LICENSE,NOTICE,AUTHORS,CONTRIBUTORS,README,CHANGELOG}'];

/** Text files that a program reads. */
const NOT_DOCUMENTS = ['**/requirements*.txt', '**/constraints*.txt', '**/requirements/**/*.txt', '**/CMakeLists.txt', '**/robots.txt', '**/ads.txt', '**/*{fixture,fixtures,testdata,__snapshots__,golden}*/**', '**/go.mod'].map((glob) => glob.toLowerCase());
/** What runs, wherever it stands. */
const PROGRAMS = ['**/*.{sh,bash,zsh,ps1,bat,cmd,exe,so,dll,dylib,jar,wasm,node,pyc}', '**/{Makefile,Dockerfile,Jenkinsfile,package.json,conf.py}'].map((glob) => glob.toLowerCase());

/** Whether a file is for people to read, and may be rewritten freely. */
export function isDocument(path: string): boolean {
  const name = path.toLowerCase();
  return (matchesAny(path, DOCUMENT_PATHS) || matchesAny(name, DOCUMENT_PATHS)) && !matchesAny(name, NOT_DOCUMENTS) && !matchesAny(name, PROGRAMS);
}
