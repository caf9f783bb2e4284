import { CodeBlock } from "../CodeBlock/CodeBlock.tsx";
import { deferred } from "../Loading/deferred.tsx";

/** The editor; the text alone until it is loaded. */
export const LazyCodeEditor = deferred(
  async () => (await import("./CodeEditor.tsx")).default,
  ({ value }) => <CodeBlock text={value} language="yaml" numbers />,
);
