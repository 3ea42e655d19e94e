import type { ComponentChildren } from 'preact';
import { Term } from './term.tsx';

/** Texts of scenarios: `code`, `[[id|term]]`, paragraphs by empty lines. */
export function Prose({ text }: { text: string }) {
  return (
    <>
      {text.split(/\n\s*\n/).map((paragraph, i) => (
        <p key={i}>{inline(paragraph)}</p>
      ))}
    </>
  );
}

function inline(text: string): ComponentChildren[] {
  return text.split(/(`[^`]+`|\[\[[^\]]+\]\])/).map((piece) => {
    if (piece.startsWith('`')) return <code>{piece.slice(1, -1)}</code>;
    if (!piece.startsWith('[[')) return piece;
    const [id = '', words = id] = piece.slice(2, -2).split('|');
    return <Term id={id}>{words}</Term>;
  });
}
