import { GLOSSARY } from '../glossary';
import { wordsOf } from '../phrase';

const idOf = (term: string): string => `g-${term.replace(/[^a-z0-9]+/gi, '-')}`;

/** A word that the glossary explains, linked to its entry; other words stand as they are. */
export function Term({ of: name }: { of: string }) {
  const term = wordsOf(name);
  return GLOSSARY.some((entry) => entry.term === term) ? <a href={`#${idOf(term)}`}>{term}</a> : <>{term}</>;
}

export function Glossary() {
  return (
    <section id="glossary">
      <h2>Glossary</h2>
      <dl>
        {GLOSSARY.map(({ term, meaning }) => (
          <div key={term} id={idOf(term)}>
            <dt>{term}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
