/** So long must nothing be heard of a commit's checks before its failures are told to the agent. */
export const QUIET_SECONDS = 600;
/** A commit leads to so many messages at most: the same failure again is no news. */
export const ROUNDS_PER_HEAD = 3;
/** So many messages in a row without a word from a person, over all commits of a task. */
export const ROUNDS_ALONE = 9;
/** What a worker has for asking GitHub about one commit, before another may. */
export const LOOK_SECONDS = 120;
/** Shown of the end of each failed check's log. */
export const LOG_CHARACTERS = 4_000;
/** Logs are read of so many of the failed checks. */
export const LOGS_READ = 5;
/** Names of failed checks that are listed. */
export const NAMES_SHOWN = 20;
