/**
 * Where package managers fetch from. Left out on purpose: hosts that take what anybody sends them under a name of the sender's choosing and whose main
 * trade is not packages (github.com, api.github.com, object stores). Whoever needs them adds them.
 */
export const REGISTRIES: readonly string[] = [
  // JavaScript
  'registry.npmjs.org', 'registry.yarnpkg.com', 'repo.yarnpkg.com', 'npm.jsr.io', 'nodejs.org',
  // Python
  'pypi.org', 'files.pythonhosted.org',
  // Rust
  'crates.io', 'index.crates.io', 'static.crates.io',
  // Go
  'proxy.golang.org', 'sum.golang.org',
  // Java
  'repo.maven.apache.org', 'repo1.maven.org', 'plugins.gradle.org', 'plugins-artifacts.gradle.org', 'services.gradle.org', 'downloads.gradle.org',
  // Ruby, PHP, .NET, Elixir
  'rubygems.org', 'index.rubygems.org', 'packagist.org', 'repo.packagist.org', 'api.nuget.org', 'globalcdn.nuget.org', 'hex.pm', 'repo.hex.pm', 'builds.hex.pm',
  // Archives that lock files name, and distributions
  'codeload.github.com', 'deb.debian.org', 'security.debian.org', 'archive.ubuntu.com', 'security.ubuntu.com', 'ports.ubuntu.com',
];
