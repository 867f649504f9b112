import { type Block, type Inline, parseMessage } from './markdown.ts';

/** Ids of the people whose "@Name" occurs in the text of a message, outside of links and code. */
export function findMentions(
  body: string,
  people: readonly { readonly id: string; readonly name: string }[],
): string[] {
  const mentioned = new Set(
    parseMessage(
      body,
      people.map((person) => person.name),
    ).flatMap(mentionsInBlock),
  );
  return people.filter((person) => mentioned.has(`@${person.name}`)).map((person) => person.id);
}

function mentionsInBlock(block: Block): readonly string[] {
  if (block.kind === 'code') return [];
  if (block.kind === 'quote') return block.blocks.flatMap(mentionsInBlock);
  if (block.kind === 'list') return block.items.flat().flatMap(mentionsInBlock);
  return block.parts.flatMap(mentionsInPart);
}

function mentionsInPart(part: Inline): readonly string[] {
  if (part.kind === 'mention') return [part.text];
  return 'parts' in part ? part.parts.flatMap(mentionsInPart) : [];
}
