/** Where package managers keep what they fetched: in the workspace, in set-up and for the agent alike; only what set-up left there outlives the task. */
export const DEPENDENCIES = '/workspace/deps';

const at = (name: string): string => `${DEPENDENCIES}/${name}`;

/** Tells the package managers so. */
export const DEPENDENCY_ENV: Readonly<Record<string, string>> = {
  npm_config_cache: at('npm'), npm_config_store_dir: at('pnpm'), npm_config_update_notifier: 'false', npm_config_fund: 'false', npm_config_audit: 'false', YARN_CACHE_FOLDER: at('yarn'), YARN_GLOBAL_FOLDER: at('yarn-berry'), COREPACK_HOME: at('corepack'),
  PIP_CACHE_DIR: at('pip'), PIP_DISABLE_PIP_VERSION_CHECK: '1', UV_CACHE_DIR: at('uv'), UV_LINK_MODE: 'copy', PIPENV_CACHE_DIR: at('pipenv'), POETRY_CACHE_DIR: at('poetry'), POETRY_VIRTUALENVS_PATH: '/workspace/home/.virtualenvs',
  GOMODCACHE: at('go'), CARGO_HOME: at('cargo'), GRADLE_USER_HOME: at('gradle'), MAVEN_ARGS: `-Dmaven.repo.local=${at('maven')}`,
  BUNDLE_USER_CACHE: at('bundle'), COMPOSER_CACHE_DIR: at('composer'), NUGET_PACKAGES: at('nuget'), HEX_HOME: at('hex'),
};

/** Beside that, when the cache holds what the lock file names: without asking the registry whether it has changed. */
export const FILLED_CACHE_ENV: Readonly<Record<string, string>> = { npm_config_prefer_offline: 'true' };
