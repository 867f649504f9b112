import { setDiagnostics } from '@codemirror/lint';
import { Compartment, Prec } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { basicSetup } from 'codemirror';
import { languageWith } from './completion.ts';
import { EDITOR_THEME } from './editor-theme.ts';
import type { Catalogue } from './types.ts';

/** A part of the text, and where it begins. */
export interface Part {
  readonly text: string;
  readonly offset: number;
}

/**
 * The editor. It lives in a shadow root, where its style sheets are objects: as elements of the page, the page's policy
 * refuses them.
 */
export class SqlEditor {
  readonly #view: EditorView;
  readonly #language = new Compartment();

  constructor(
    host: HTMLElement,
    {
      text,
      onChange,
      onRun,
    }: {
      readonly text: string;
      readonly onChange: (text: string) => void;
      readonly onRun: (part: Part) => void;
    },
  ) {
    const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
    const run = (): boolean => {
      onRun(this.chosen());
      return true;
    };
    this.#view = new EditorView({
      parent: root,
      root,
      doc: text,
      extensions: [
        Prec.highest(keymap.of([{ key: 'Mod-Enter', run }])),
        basicSetup,
        EDITOR_THEME,
        this.#language.of(languageWith({ schemas: {}, functions: [] })),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': 'SQL' }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) onChange(state.doc.toString());
        }),
        placeholder('select * from …'),
      ],
    });
  }

  /** The selection, or the whole text where nothing is selected. */
  chosen(): Part {
    const { doc, selection } = this.#view.state;
    const { from, to, empty } = selection.main;
    return empty ? { text: doc.toString(), offset: 0 } : { text: doc.sliceString(from, to), offset: from };
  }

  replace(text: string): void {
    this.#view.dispatch({ changes: { from: 0, to: this.#view.state.doc.length, insert: text } });
    this.#view.focus();
  }

  complete(catalogue: Catalogue): void {
    this.#view.dispatch({ effects: this.#language.reconfigure(languageWith(catalogue)) });
  }

  /** Marks the word at an offset, and moves there; without an error removes the mark. */
  mark(error: { readonly message: string; readonly offset: number } | undefined): void {
    const { state } = this.#view;
    if (!error) {
      this.#view.dispatch(setDiagnostics(state, []));
      return;
    }
    const from = Math.min(error.offset, state.doc.length);
    const word = /^(?:\w+|"[^"]*"|.)/.exec(state.doc.sliceString(from, from + 100))?.[0] ?? '';
    const range = { from, to: from + word.length };
    this.#view.dispatch(setDiagnostics(state, [{ ...range, severity: 'error', message: error.message }]), {
      selection: { anchor: from },
      scrollIntoView: true,
    });
  }

  /** Line and column of an offset, from 1. */
  position(offset: number): { line: number; column: number } {
    const line = this.#view.state.doc.lineAt(Math.min(offset, this.#view.state.doc.length));
    return { line: line.number, column: offset - line.from + 1 };
  }

  close(): void {
    this.#view.destroy();
  }
}
