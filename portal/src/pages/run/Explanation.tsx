import { Button } from "@fluentui/react-components";
import { useState } from "react";
import { useResource } from "../../api/resource.ts";
import { explanation } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";

interface Record {
  scope: Scope;
  runId: number;
  recordId: string;
}

/** Why something ran or did not, on request. */
export function Explanation(props: Record) {
  const [isOpen, setOpen] = useState(false);
  return isOpen ? (
    <Why {...props} />
  ) : (
    <div>
      <Button size="small" onClick={() => setOpen(true)}>
        Explain
      </Button>
    </div>
  );
}

/** Why something ran or did not: its condition, evaluated part by part. */
export function Why({ scope, runId, recordId }: Record) {
  const query = useResource(explanation(scope, runId, recordId));
  return (
    <Loaded query={query} rows={2}>
      {({ text }) => <CodeBlock text={text} label="Why" />}
    </Loaded>
  );
}
