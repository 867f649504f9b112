/** Where the plugin and the stack write what a developer should read. Vite's logger satisfies it. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** For tests and scripts that want no output. */
export const silentLogger: Logger = { info() {}, warn() {}, error() {} };
