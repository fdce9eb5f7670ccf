import { codeChange } from './comment-only';
import { isDirective } from './languages';

const same = (path: string, before: string, after: string): void => expect(codeChange(path, before, after)).toBeNull();
const differs = (path: string, before: string, after: string, line: number | null): void => {
  const change = codeChange(path, before, after);
  expect(change).not.toBeNull();
  if (line !== null) expect(change).toMatchObject({ line });
};

describe('comments may change', () => {
  it.each<[string, string, string]>([
    ['a.ts', 'export const a = 1;\n', '/** What a is.\n * More. */\nexport const a = 1; // one\n\n'],
    ['a.ts', 'f(a, b);\n', 'f(a /* first */, /* second */ b);\n'],
    ['a.js', 'const r = /[/*"]/g; // old\nx = a / b;\n', 'const r = /[/*"]/g; // new "quote\nx = a / b; /* half */\n'],
    ['a.js', 'const t = `a ${b ? `c` : "}"} // no`; // x\n', 'const t = `a ${b ? `c` : "}"} // no`;\n'],
    ['a.js', '#!/usr/bin/env node\nif (x) /re\'/.test(y);\n', '#!/usr/bin/env node\n// it\'s\nif (x) /re\'/.test(y);\n'],
    ['a.py', 'def f(a):\n    return a\n', 'def f(a):\n    """Gives a back."""\n    # as it is\n    return a  # a\n'],
    ['a.py', '"""Old."""\nx = """ # no\n"""\n', '"""New\n\nand longer."""\nx = """ # no\n"""\n'],
    ['a.py', 's = f"{x!r} # {{y}}"\n', 's = f"{x!r} # {{y}}"  # z\n'],
    ['a.go', 'var s = `// no\n"`\n', '// s is raw.\nvar s = `// no\n"`\n'],
    ['a.java', 'char c = \'"\'; String t = """\n  // no\n  """;\n', '/** T. */\nchar c = \'"\'; /* c */ String t = """\n  // no\n  """;\n'],
    ['a.cpp', 'auto n = 1\'000; auto s = R"x(// " no)x";\n', '// n\nauto n = 1\'000; auto s = R"x(// " no)x"; // s\n'],
    ['a.rs', 'fn f<\'a>(x: &\'a str) -> char { \'"\' } // r\n', '/// F.\n/* a /* nested */ one */\nfn f<\'a>(x: &\'a str) -> char { \'"\' }\n'],
    ['a.rs', 'let s = r#"// " no"#;\n', 'let s = r#"// " no"#; // s\n'],
    ['a.cs', 'var p = @"c:\\"; // p\n', 'var p = @"c:\\"; // path\n'],
    ['a.kt', 'val s = "${a}" // s\n', 'val s = "${a}" // t\n'],
    ['a.css', 'a { color: red }\n', '/* links */\na { color: red }\n'],
    ['a.tsx', 'const a: Map<string, number> = x;\n', '// a\nconst a: Map<string, number> = x;\n'],
  ])('%s: %j', (path, before, after) => same(path, before, after));
});

describe('code may not', () => {
  it.each<[string, string, string, number | null]>([
    ['a.ts', 'const a = 1;\n', '// one\nconst a = 2;\n', 2],
    ['a.ts', 'const a = `x // one`;\n', 'const a = `x // two`;\n', 1],
    ['a.ts', 'const a = `\n\n`;\n', 'const a = `\n`;\n', 1],
    ['a.ts', 'const url = "http://a";\n', 'const url = "http://b";\n', 1],
    ['a.js', 'x = /\\/* a/; y();\n', 'x = /\\/* b/; y();\n', 1],
    ['a.js', 'return x;\n', 'return /*\n*/ x;\n', null],
    ['a.js', 'ab();\n', 'a/**/b();\n', null],
    ['a.js', 'a();\nb();\n', 'a();\n// b();\n', null],
    ['a.js', 'a();\n', '// x\u2028evil();\na();\n', null],
    ['a.js', 'a();\n', '// x\revil();\na();\n', null],
    ['a.js', 'x = y;\n', 'x = y; /* open\n', null],
    ['a.js', 'x = {}\n/re/.test(y)\n', '// c\nx = {}\n/re/.test(y)\n', null],
    ['a.jsx', 'const e = <a>// one</a>;\n', 'const e = <a>// two</a>;\n', null],
    ['a.js', 'function F() {\n  return <p>\n/* one */\n</p>;\n}\n', 'function F() {\n  return <p>\n/* two */\n</p>;\n}\n', null],
    ['a.ts', '// @ts-ignore\nf(1);\n', 'f(1);\n', null],
    ['a.ts', 'f(1);\n', '// eslint-disable-next-line\nf(1);\n', 1],
    ['a.py', 'x = "# one"\n', 'x = "# two"\n', 1],
    ['a.py', 'if a:\n    b()\nc()\n', 'if a:\n    b()\n    c()\n', 3],
    ['a.py', 'def f():\n    """Only this."""\n', 'def f():\n    # this\n', null],
    ['a.py', 'x = """one"""\n', 'x = """two"""\n', 1],
    ['a.py', 'print(__doc__)\n', '"""Usage: new."""\nprint(__doc__)\n', 1],
    ['a.py', 'x = f"{d["#"]}"\n', '# c\nx = f"{d["#"]}"\n', null],
    ['a.go', 'package a\n', '//go:build linux\npackage a\n', 1],
    ['a.go', '/*\nint f(void);\n*/\nimport "C"\n', '/*\nint g(void);\n*/\nimport "C"\n', null],
    ['a.java', 'f();\n', '// \\u000a evil();\nf();\n', null],
    ['a.c', 'f();\n', '// gone \\\nf();\n', null],
    ['a.c', '#define X \\\n  f()\n', '#define X \\\n// c\n  f()\n', null],
    ['a.c', '#define F(x) x\n', '#define F/**/(x) x\n', null],
    ['a.css', 'a [x] { }\n', 'a/**/[x] { }\n', null],
    ['a.rs', 'let s = r#"// one"#;\n', 'let s = r#"// two"#;\n', 1],
    ['a.cs', 'var s = $"{a("x")}";\n', '// c\nvar s = $"{a("x")}";\n', null],
    ['a.kt', 'val s = "${m["//"]}"\n', '// c\nval s = "${m["//"]}"\n', null],
    ['a.rb', 'x = 1\n', '# c\nx = 1\n', null],
    ['Makefile', 'all:\n', '# c\nall:\n', null],
    ['a.sql', 'SELECT 1;\n', '-- c\nSELECT 1;\n', null],
  ])('%s: %j → %j', (path, before, after, line) => differs(path, before, after, line));
});

describe('directives', () => {
  it('are told from words', () => {
    for (const comment of ['// @ts-expect-error', '/* istanbul ignore next */', '# noqa: E501', '# -*- coding: latin-1 -*-', '#!/bin/sh', '// +build linux', '/*! keep */', '//# sourceMappingURL=x', '// NOLINT', '/* webpackChunkName: "a" */', '// Output:', '/// <reference path="a" />']) {
      expect([comment, isDirective(comment)]).toEqual([comment, true]);
    }
    for (const comment of ['// The types of things.', '/** Exported by hand. */', '# Formats a date', '/// Gives a line back.', '// globally unique']) expect([comment, isDirective(comment)]).toEqual([comment, false]);
  });
});
