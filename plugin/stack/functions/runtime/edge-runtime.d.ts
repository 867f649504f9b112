/** What the edge runtime adds to Deno, for functions that do not import its types. */
declare namespace EdgeRuntime {
  function waitUntil<T>(promise: Promise<T>): Promise<T>;
}
