/**
 * Ends the process by a signal. A stack that is still starting is stopped as soon as it has started.
 *
 * @param exitCode of the process, when the stack has stopped
 */
export function stopOnSignals(starting: Promise<{ stop(): Promise<void> }>, exitCode: number): void {
  let isStopping = false;
  const stop = (): void => {
    // A second signal means now: PostgreSQL gets its signal when the process exits.
    if (isStopping) process.exit(1);
    isStopping = true;
    void starting
      .then((stack) => stack.stop())
      .then(
        () => process.exit(exitCode),
        () => process.exit(1),
      );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
}
