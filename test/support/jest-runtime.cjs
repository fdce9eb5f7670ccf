// Jest loads the whole program anew for each test file, and reads some 2,500 files for it each time. Here the test files of one worker share what was read and
// compiled; modules are still made anew for each of them. Sources do not change while tests run (there is no watch mode here).
const { default: Runtime } = require('jest-runtime');

const sources = new Map();
const compiled = new Map();

/** What this test file was given, then what any before it read. */
class SharedSources extends Map {
  get(file) {
    return super.get(file) ?? sources.get(file);
  }

  /** During construction `sources` would take what belongs to this test file. */
  static over(own) {
    const shared = new SharedSources(own);
    shared.set = (file, text) => {
      sources.set(file, text);
      return shared;
    };
    return shared;
  }
}

function sharing(transformer) {
  const transform = transformer.transform.bind(transformer);
  transformer.transform = (file, options, source) => {
    const key = `${file} ${options.instrument} ${options.supportsDynamicImport} ${options.supportsExportNamespaceFrom} ${options.supportsStaticESM} ${options.supportsTopLevelAwait}`;
    const known = compiled.get(key);
    if (known) return known;
    const result = transform(file, options, source);
    compiled.set(key, result);
    return result;
  };
  return transformer;
}

module.exports = class SharingRuntime extends Runtime {
  constructor(config, environment, resolver, transformer, cacheFS, ...rest) {
    super(config, environment, resolver, sharing(transformer), SharedSources.over(cacheFS), ...rest);
  }
};
