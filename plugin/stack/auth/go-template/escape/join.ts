import { contextKey, describe, failed, isSame, VALUE_STATE, type Context } from './context.ts';

// Go html/template/escape.go `nudge` and `join`

/** The context in which a value at this position really stands: behind `<a` it begins a new attribute's name. */
export function nudge(context: Context): Context {
  if (context.state === 'tag') return { ...context, state: 'attribute name' };
  if (context.state === 'after attribute name')
    return { ...context, state: 'attribute name', attribute: 'none' };
  if (context.state !== 'before attribute value') return context;
  return { ...context, state: VALUE_STATE[context.attribute], delimiter: 'blank', attribute: 'none' };
}

/** The context behind two branches; in state `error` where what follows could not be escaped for both. */
export function join(a: Context, b: Context, name: string, line: number): Context {
  if (a.state === 'error' || b.state === 'dead') return a;
  if (b.state === 'error' || a.state === 'dead') return b;
  if (isSame(a, b)) return a;
  if (isSame({ ...a, urlPart: b.urlPart }, b)) return { ...a, urlPart: 'unknown' };
  if (isSame({ ...a, slash: b.slash }, b)) return { ...a, slash: 'unknown' };
  const [nudgedA, nudgedB] = [nudge(a), nudge(b)];
  if (contextKey(nudgedA) !== contextKey(a) || contextKey(nudgedB) !== contextKey(b)) {
    const joined = join(nudgedA, nudgedB, name, line);
    if (joined.state !== 'error') return joined;
  }
  return failed(`{{${name}}} branches end in different contexts: ${describe(a)}, ${describe(b)}`, line);
}
