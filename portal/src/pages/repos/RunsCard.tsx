import { useResource } from "../../api/resource.ts";
import { type RunFilter, runs } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import { Card } from "../../components/Card/Card.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { RunTable } from "../../components/RunRow/RunRow.tsx";

/** What ran for a commit or a pull request, if anything did. */
export function RunsCard({ scope, filter }: { scope: Scope; filter: RunFilter }) {
  const query = useResource(runs(scope, { ...filter, top: 20 }));
  if (query.error) return <ErrorBox error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined || query.data.value.length === 0) return null;
  return (
    <Card title="Runs" isFlush>
      <RunTable scope={scope} runs={query.data.value} withPipeline />
    </Card>
  );
}
