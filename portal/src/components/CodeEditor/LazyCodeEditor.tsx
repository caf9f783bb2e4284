import { lazy, Suspense } from "react";
import { CodeBlock } from "../CodeBlock/CodeBlock.tsx";
import type { CodeEditorProps } from "./CodeEditor.tsx";

const Editor = lazy(() => import("./CodeEditor.tsx"));

/** The editor; the text alone until it is loaded. */
export function LazyCodeEditor(props: CodeEditorProps) {
  return (
    <Suspense fallback={<CodeBlock text={props.value} language="yaml" numbers />}>
      <Editor {...props} />
    </Suspense>
  );
}
