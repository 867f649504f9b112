/**
 * Runs work that nobody waits for (of a timer, an event or a forgotten promise): its error is reported, because an uncaught
 * one would end the process.
 */
export function runSafely(report: (error: unknown) => void, work: () => Promise<void> | void): void {
  try {
    work()?.catch(report);
  } catch (error) {
    report(error);
  }
}
