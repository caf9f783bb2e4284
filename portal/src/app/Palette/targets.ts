/** What can be gone to by its name, and which of it a text means. */

export interface Target {
  /** "Pipeline", "Repository": what it is. */
  kind: string;
  name: string;
  href: string;
}

const MOST = 12;

/** The targets that have all words of a text, those whose name begins with it first. */
export function matching(targets: readonly Target[], text: string): Target[] {
  const wanted = text.trim().toLowerCase();
  const words = wanted.split(/\s+/).filter(Boolean);
  const fits = ({ kind, name }: Target) => {
    const said = `${kind} ${name}`.toLowerCase();
    return words.every((word) => said.includes(word));
  };
  const begins = ({ name }: Target) => name.toLowerCase().startsWith(wanted);
  const found = targets.filter(fits);
  return [...found.filter(begins), ...found.filter((one) => !begins(one))].slice(0, MOST);
}
