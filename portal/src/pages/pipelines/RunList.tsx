import { Button } from "@fluentui/react-components";
import { useCallback, useState } from "react";
import { useResource } from "../../api/resource.ts";
import { runs } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import { useQueryState } from "../../app/query.ts";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ChoiceField, FilterBar, SearchField } from "../../components/FilterBar/FilterBar.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { RunTable } from "../../components/RunRow/RunRow.tsx";
import styles from "./RunList.module.css";

const FILTERS = ["q", "branch", "state", "result", "reason", "tag"] as const;

/** Runs, newest first, live; filtered by what the address says. */
export function RunList({ scope, definitionId }: { scope: Scope; definitionId?: number }) {
  const [state, change] = useQueryState();
  const [pages, setPages] = useState<string[]>([]);
  const value = (name: (typeof FILTERS)[number]) => state.get(name) ?? "";
  const set = (name: string) => (chosen: string) => {
    setPages([]);
    change({ [name]: chosen });
  };
  const setText = useCallback(
    (q: string) => {
      setPages([]);
      change({ q });
    },
    [change],
  );
  const [status = "", result = ""] = value("state").split(".");
  const query = useResource(
    runs(scope, {
      definitionId,
      branch: value("branch") || undefined,
      state: status || undefined,
      result: result || undefined,
      reason: value("reason") || undefined,
      tag: value("tag") || undefined,
      q: value("q") || undefined,
      top: 50,
      continuationToken: pages.at(-1),
    }),
  );
  const isFiltered = FILTERS.some((name) => value(name) !== "");
  return (
    <>
      <FilterBar
        onClear={
          isFiltered
            ? () => {
                setPages([]);
                change(Object.fromEntries(FILTERS.map((name) => [name, undefined])));
              }
            : undefined
        }
      >
        <SearchField
          value={value("q")}
          onChange={setText}
          placeholder="Filter by message, number or person"
        />
        <BranchFilter value={value("branch")} onChange={set("branch")} />
        <ChoiceField
          label="State"
          value={value("state")}
          choices={[
            ["inProgress", "Running"],
            ["notStarted", "Queued"],
            ["completed.succeeded", "Succeeded"],
            ["completed.partiallySucceeded", "Partially succeeded"],
            ["completed.failed", "Failed"],
            ["completed.canceled", "Canceled"],
          ]}
          onChange={set("state")}
        />
        <ChoiceField
          label="Reason"
          value={value("reason")}
          choices={[
            ["manual", "Manual"],
            ["individualCI", "Push"],
            ["batchedCI", "Batched pushes"],
            ["schedule", "Schedule"],
            ["pullRequest", "Pull request"],
            ["resourceTrigger", "Pipeline completion"],
          ]}
          onChange={set("reason")}
        />
      </FilterBar>
      <Loaded query={query} rows={8}>
        {(page) =>
          page.value.length === 0 ? (
            isFiltered ? (
              <EmptyState title="No run fits these filters" />
            ) : (
              <EmptyState title="Nothing has run yet" command="git push penstock main">
                A push to a branch that a pipeline's <code>trigger</code> names starts a run. So
                does <strong>Run pipeline</strong>.
              </EmptyState>
            )
          ) : (
            <>
              <RunTable scope={scope} runs={page.value} withPipeline={definitionId === undefined} />
              <div className={styles.pages}>
                {pages.length > 0 ? (
                  <Button onClick={() => setPages(pages.slice(0, -1))}>Newer</Button>
                ) : null}
                {page.continuationToken ? (
                  <Button onClick={() => setPages([...pages, page.continuationToken ?? ""])}>
                    Older
                  </Button>
                ) : null}
              </div>
            </>
          )
        }
      </Loaded>
    </>
  );
}

function BranchFilter({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return <SearchField value={value} onChange={onChange} placeholder="Branch" />;
}
