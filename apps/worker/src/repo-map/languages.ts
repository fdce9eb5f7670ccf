/** How names are found in one language: its grammar, its files, and a tree-sitter query whose captures are kinds of definition, or `ref`. */
export interface Language {
  readonly grammar: string;
  readonly extensions: readonly string[];
  readonly query: string;
}

const JAVASCRIPT = `
(function_declaration name: (identifier) @function)
(generator_function_declaration name: (identifier) @function)
(class_declaration name: (_) @class)
(method_definition name: (property_identifier) @method)
(variable_declarator name: (identifier) @function value: [(arrow_function) (function_expression) (generator_function)])
(variable_declarator name: (identifier) @class value: (class))
(assignment_expression left: (member_expression property: (property_identifier) @function) right: [(arrow_function) (function_expression)])
(pair key: (property_identifier) @method value: [(arrow_function) (function_expression)])
(program (lexical_declaration (variable_declarator name: (identifier) @value)))
(export_statement (lexical_declaration (variable_declarator name: (identifier) @value)))
[(identifier) (property_identifier) (shorthand_property_identifier)] @ref`;

const TYPESCRIPT = `${JAVASCRIPT}
(type_identifier) @ref
(abstract_class_declaration name: (_) @class)
(interface_declaration name: (_) @type)
(type_alias_declaration name: (_) @type)
(enum_declaration name: (_) @type)
(internal_module name: (_) @module)
(abstract_method_signature name: (property_identifier) @method)
(method_signature name: (property_identifier) @method)
(function_signature name: (identifier) @function)`;

/** Every language that the map knows. A grammar of another version may name its nodes differently: a test compiles each query. */
export const LANGUAGES: readonly Language[] = [
  { grammar: 'javascript', extensions: ['js', 'jsx', 'mjs', 'cjs'], query: JAVASCRIPT },
  { grammar: 'typescript', extensions: ['ts', 'mts', 'cts'], query: TYPESCRIPT },
  { grammar: 'tsx', extensions: ['tsx'], query: TYPESCRIPT },
  {
    grammar: 'python', extensions: ['py', 'pyi'], query: `
(function_definition name: (identifier) @function)
(class_definition name: (identifier) @class)
(module (expression_statement (assignment left: (identifier) @value)))
(identifier) @ref`,
  },
  {
    grammar: 'go', extensions: ['go'], query: `
(function_declaration name: (identifier) @function)
(method_declaration name: (field_identifier) @method)
(type_spec name: (type_identifier) @type)
(type_alias name: (type_identifier) @type)
(source_file (const_declaration (const_spec name: (identifier) @value)))
(source_file (var_declaration (var_spec name: (identifier) @value)))
[(identifier) (type_identifier) (field_identifier)] @ref`,
  },
  {
    grammar: 'rust', extensions: ['rs'], query: `
(function_item name: (identifier) @function)
(function_signature_item name: (identifier) @method)
[(struct_item name: (type_identifier) @type) (enum_item name: (type_identifier) @type) (union_item name: (type_identifier) @type)]
[(type_item name: (type_identifier) @type) (trait_item name: (type_identifier) @type)]
(mod_item name: (identifier) @module)
(macro_definition name: (identifier) @function)
[(const_item name: (identifier) @value) (static_item name: (identifier) @value)]
[(identifier) (type_identifier) (field_identifier)] @ref`,
  },
  {
    grammar: 'java', extensions: ['java'], query: `
[(class_declaration name: (identifier) @class) (record_declaration name: (identifier) @class)]
[(interface_declaration name: (identifier) @type) (enum_declaration name: (identifier) @type) (annotation_type_declaration name: (identifier) @type)]
[(method_declaration name: (identifier) @method) (constructor_declaration name: (identifier) @method)]
[(identifier) (type_identifier)] @ref`,
  },
  {
    grammar: 'ruby', extensions: ['rb', 'rake'], query: `
[(method name: (_) @method) (singleton_method name: (_) @method)]
[(class name: (constant) @class) (class name: (scope_resolution name: (constant) @class))]
[(module name: (constant) @module) (module name: (scope_resolution name: (constant) @module))]
(assignment left: (constant) @value)
[(identifier) (constant)] @ref`,
  },
  {
    grammar: 'php', extensions: ['php'], query: `
(function_definition name: (name) @function)
(method_declaration name: (name) @method)
(class_declaration name: (name) @class)
[(interface_declaration name: (name) @type) (trait_declaration name: (name) @type) (enum_declaration name: (name) @type)]
(const_element (name) @value)
(name) @ref`,
  },
  {
    grammar: 'c-sharp', extensions: ['cs'], query: `
[(class_declaration name: (identifier) @class) (record_declaration name: (identifier) @class)]
[(interface_declaration name: (identifier) @type) (struct_declaration name: (identifier) @type) (enum_declaration name: (identifier) @type) (delegate_declaration name: (identifier) @type)]
[(method_declaration name: (identifier) @method) (constructor_declaration name: (identifier) @method)]
(property_declaration name: (identifier) @value)
(identifier) @ref`,
  },
  {
    grammar: 'cpp', extensions: ['c', 'h', 'cc', 'cpp', 'cxx', 'hpp', 'hh'], query: `
(function_definition declarator: (function_declarator declarator: (identifier) @function))
(function_definition declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @function)))
(function_definition declarator: (reference_declarator (function_declarator declarator: (identifier) @function)))
(function_declarator declarator: (field_identifier) @method)
(function_declarator declarator: (qualified_identifier name: (identifier) @method))
(declaration declarator: (function_declarator declarator: (identifier) @function))
(class_specifier name: (type_identifier) @class body: (_))
[(struct_specifier name: (type_identifier) @type body: (_)) (union_specifier name: (type_identifier) @type body: (_)) (enum_specifier name: (type_identifier) @type body: (_))]
[(type_definition declarator: (type_identifier) @type) (alias_declaration name: (type_identifier) @type)]
(namespace_definition name: (_) @module)
(preproc_function_def name: (identifier) @function)
(preproc_def name: (identifier) @value)
[(identifier) (type_identifier) (field_identifier)] @ref`,
  },
  { grammar: 'bash', extensions: ['sh', 'bash'], query: '(function_definition name: (word) @function)\n(command_name (word) @ref)' },
];

/** The language of a file by its name; null: none that the map knows. */
export function languageOf(path: string): Language | null {
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase();
  return LANGUAGES.find((language) => extension !== undefined && language.extensions.includes(extension)) ?? null;
}
