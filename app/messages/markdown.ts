import { Lexer, type Token, Tokenizer, type Tokens } from 'marked';
import { splitMentions } from './mentions.ts';

/** A part of a line of text. */
export type Inline =
  | { readonly kind: 'text' | 'mention' | 'code'; readonly text: string }
  | { readonly kind: 'break' }
  | { readonly kind: 'strong' | 'emphasis' | 'deleted'; readonly parts: readonly Inline[] }
  | { readonly kind: 'link'; readonly href: string; readonly parts: readonly Inline[] };

/** A paragraph, or something that stands on lines of its own. */
export type Block =
  | { readonly kind: 'paragraph' | 'heading'; readonly parts: readonly Inline[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | {
      readonly kind: 'list';
      /** Number of the first item; undefined for a list with bullets. */
      readonly start: number | undefined;
      readonly items: readonly (readonly Block[])[];
    };

/**
 * Reads GitHub's Markdown without what surprises in a chat: HTML, code by indentation, tables, references, lines, and
 * headings by underlining.
 */
class ChatTokenizer extends Tokenizer {
  override html = nothing;
  override tag = nothing;
  override code = nothing;
  override table = nothing;
  override def = nothing;
  override reflink = nothing;
  override lheading = nothing;
  override hr = nothing;
}

function nothing(): undefined {
  return undefined;
}

/**
 * Reads a message as Markdown. No text can become HTML: the result has a fixed set of kinds, and only http, https and
 * mailto URLs become links.
 *
 * @param mentionedNames names of the people the message mentions
 */
export function parseMessage(body: string, mentionedNames: readonly string[] = []): readonly Block[] {
  const lexer = new Lexer({ gfm: true, breaks: true, tokenizer: new ChatTokenizer() });
  return toBlocks(lexer.lex(body), mentionedNames);
}

/** The text without its marks, in one line. */
export function plainText(body: string): string {
  return textOfBlocks(parseMessage(body)).replaceAll(/\s+/g, ' ').trim();
}

function toBlocks(tokens: readonly Token[], names: readonly string[]): readonly Block[] {
  return tokens.flatMap((token): readonly Block[] => {
    switch (token.type) {
      case 'space':
        return [];
      case 'code':
        return [{ kind: 'code', text: (token as Tokens.Code).text }];
      case 'blockquote':
        return [{ kind: 'quote', blocks: toBlocks((token as Tokens.Blockquote).tokens, names) }];
      case 'list': {
        const { ordered, start, items } = token as Tokens.List;
        return [
          {
            kind: 'list',
            start: ordered ? Number(start) : undefined,
            items: items.map((item) => toItem(item, names)),
          },
        ];
      }
      case 'heading':
        return [{ kind: 'heading', parts: toInlines((token as Tokens.Heading).tokens, names) }];
      case 'checkbox':
        return [];
      default:
        // A paragraph, or the text of a list item.
        return [{ kind: 'paragraph', parts: toInlines(childrenOf(token), names) }];
    }
  });
}

function toInlines(tokens: readonly Token[], names: readonly string[]): readonly Inline[] {
  return tokens.flatMap((token): readonly Inline[] => {
    switch (token.type) {
      case 'strong':
        return [{ kind: 'strong', parts: toInlines(childrenOf(token), names) }];
      case 'em':
        return [{ kind: 'emphasis', parts: toInlines(childrenOf(token), names) }];
      case 'del':
        return [{ kind: 'deleted', parts: toInlines(childrenOf(token), names) }];
      case 'codespan':
        return [{ kind: 'code', text: (token as Tokens.Codespan).text }];
      case 'br':
        return [{ kind: 'break' }];
      case 'checkbox':
        return [];
      case 'link':
      case 'image': {
        const { href, text } = token as Tokens.Link | Tokens.Image;
        const url = toSafeUrl(href);
        if (url === undefined) return [{ kind: 'text', text: token.raw }];
        const parts = token.type === 'link' ? toInlines(childrenOf(token), []) : [textPart(text || href)];
        return [{ kind: 'link', href: url, parts }];
      }
      default:
        return splitMentions('text' in token ? String(token['text']) : token.raw, names);
    }
  });
}

function childrenOf(token: Token): readonly Token[] {
  return ('tokens' in token ? token.tokens : undefined) ?? [token];
}

function textPart(text: string): Inline {
  return { kind: 'text', text };
}

/** The blocks of a list item; "[x]" becomes a ticked box before its text. */
function toItem(item: Tokens.ListItem, names: readonly string[]): readonly Block[] {
  const blocks = toBlocks(item.tokens, names);
  if (!item.task) return blocks;
  const box = textPart(item.checked === true ? '☑ ' : '☐ ');
  const [first, ...rest] = blocks;
  if (first?.kind !== 'paragraph') return [{ kind: 'paragraph', parts: [box] }, ...blocks];
  return [{ ...first, parts: [box, ...first.parts] }, ...rest];
}

function toSafeUrl(address: string): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url && /^(https?|mailto):$/.test(url.protocol) ? url.href : undefined;
}

function textOfBlocks(blocks: readonly Block[]): string {
  return blocks
    .map((block) => {
      if (block.kind === 'code') return block.text;
      if (block.kind === 'quote') return textOfBlocks(block.blocks);
      if (block.kind === 'list') return block.items.map((item) => `• ${textOfBlocks(item)}`).join('\n');
      return textOfInlines(block.parts);
    })
    .join('\n');
}

function textOfInlines(parts: readonly Inline[]): string {
  return parts
    .map((part) => {
      if ('text' in part) return part.text;
      return part.kind === 'break' ? '\n' : textOfInlines(part.parts);
    })
    .join('');
}
