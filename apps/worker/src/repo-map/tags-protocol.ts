/** What the worker asks of the program that parses, on its standard input. */
export interface TagsRequest {
  /** Module and grammars inside the sandbox. */
  readonly wasmFolder: string;
  readonly root: string;
  readonly files: readonly { readonly path: string; readonly grammar: string }[];
  readonly queries: Readonly<Record<string, string>>;
  /** Hashes of contents whose names are known already. */
  readonly known: readonly string[];
  readonly limits: TagLimits;
}

export interface TagLimits {
  readonly fileBytes: number;
  readonly fileMs: number;
  readonly memoryBytes: number;
  readonly definitions: number;
  readonly references: number;
  readonly textCharacters: number;
}

/** One line of its answer about the nth file: begun; unknown to it (no such file, too large, generated); or its hash and, when that was not known, what was found (`null`: the parser did not manage). */
export type TagsLine =
  | { readonly at: number }
  | { readonly skip: number }
  | { readonly n: number; readonly hash: string }
  | { readonly n: number; readonly hash: string; readonly tags: FoundTags | null };

export interface FoundTags {
  readonly definitions: readonly (readonly [name: string, kind: string, line: number, text: string])[];
  readonly references: readonly (readonly [name: string, count: number])[];
}
