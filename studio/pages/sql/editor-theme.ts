import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** The editor in Studio's colours, which are custom properties and follow the colour scheme. */
export const EDITOR_THEME = [
  EditorView.theme({
    '&': { color: 'var(--text)', background: 'var(--card)', fontSize: '0.9rem' },
    '&.cm-focused': { outline: 'none' },
    '.cm-scroller': { fontFamily: "ui-monospace, 'SF Mono', Menlo, Consolas, monospace", minHeight: '9rem' },
    '.cm-content': { caretColor: 'var(--accent)', padding: '0.6rem 0' },
    '.cm-cursor': { borderLeftColor: 'var(--accent)' },
    '.cm-gutters': { color: 'var(--quiet)', background: 'var(--card)', border: '0' },
    '.cm-activeLine, .cm-activeLineGutter': { background: 'transparent' },
    '&.cm-focused .cm-activeLine': { background: 'var(--code)' },
    '.cm-selectionMatch': { background: 'var(--info-soft)' },
    '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
      background: 'var(--accent-soft)',
    },
    '&.cm-focused .cm-matchingBracket': { background: 'var(--accent-soft)' },
    '.cm-placeholder': { color: 'var(--quiet)' },
    '.cm-tooltip': {
      color: 'var(--text)',
      background: 'var(--card)',
      border: '1px solid var(--line)',
      borderRadius: '0.4rem',
      overflow: 'hidden',
    },
    '.cm-tooltip-autocomplete ul li[aria-selected]': {
      color: 'var(--text)',
      background: 'var(--accent-soft)',
    },
    '.cm-completionDetail': { color: 'var(--quiet)' },
    '.cm-diagnostic-error': { borderLeftColor: 'var(--error)' },
    '.cm-panels': { color: 'var(--text)', background: 'var(--card)' },
  }),
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: tags.keyword, color: 'var(--accent)', fontWeight: '600' },
      { tag: [tags.string, tags.special(tags.string)], color: 'var(--warning)' },
      { tag: [tags.number, tags.bool, tags.null], color: 'var(--info)' },
      { tag: tags.typeName, color: 'var(--info)' },
      { tag: [tags.lineComment, tags.blockComment], color: 'var(--quiet)', fontStyle: 'italic' },
      { tag: [tags.operator, tags.punctuation], color: 'var(--quiet)' },
    ]),
  ),
];
