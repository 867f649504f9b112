/**
 * How much of the requests the terminal shows: nothing, causes of what went wrong (once each), every request, or also its
 * role and SQL.
 */
export type LogLevel = 'silent' | 'hints' | 'requests' | 'debug';

export const LOG_LEVELS: readonly LogLevel[] = ['silent', 'hints', 'requests', 'debug'];
