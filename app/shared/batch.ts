/**
 * Joins all calls of a screen into one request.
 *
 * @param load gets the keys of all calls since the last request; keys without a value are missing in its result
 * @returns a function that resolves with the value of a key
 */
export function batched<T>(
  load: (keys: readonly string[]) => Promise<ReadonlyMap<string, T>>,
): (key: string) => Promise<T | undefined> {
  let keys = new Set<string>();
  let values: Promise<ReadonlyMap<string, T>> | undefined;
  return async (key) => {
    keys.add(key);
    values ??= new Promise((resolve) => setTimeout(resolve)).then(() => {
      const wanted = [...keys];
      keys = new Set();
      values = undefined;
      return load(wanted);
    });
    return (await values).get(key);
  };
}
