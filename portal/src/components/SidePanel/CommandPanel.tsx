import { CodeBlock } from "../CodeBlock/CodeBlock.tsx";
import { SidePanel } from "./SidePanel.tsx";

/** What a page shows or does, as commands to copy. */
export function CommandPanel({ text, onClose }: { text: string; onClose: () => void }) {
  return (
    <SidePanel title="The same in a terminal" place="centre" size="wide" onClose={onClose}>
      <CodeBlock text={text} language="shell" />
    </SidePanel>
  );
}
