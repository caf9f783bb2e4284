import { CodeBlock } from "../CodeBlock/CodeBlock.tsx";
import { deferred } from "../Loading/deferred.tsx";

/** Markdown; its text alone until what reads it is loaded. */
export const LazyMarkdown = deferred(
  async () => (await import("./Markdown.tsx")).Markdown,
  ({ text }) => <CodeBlock text={text} />,
);
