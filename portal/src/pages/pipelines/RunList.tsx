import { Button } from "@fluentui/react-components";
import { useState } from "react";
import { useResource } from "../../api/resource.ts";
import { runs, runTags } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import type { Account, RunRow } from "../../api/wire.ts";
import { useQueryState } from "../../app/query.ts";
import { useSession } from "../../app/session.ts";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ChoiceField, FilterBar, SearchField } from "../../components/FilterBar/FilterBar.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { RunTable } from "../../components/RunRow/RunRow.tsx";
import styles from "./RunList.module.css";

const FILTERS = ["q", "branch", "state", "reason", "by", "tag"] as const;

/** Runs, newest first, live; filtered by what the address says. */
export function RunList({ scope, definitionId }: { scope: Scope; definitionId?: number }) {
  const [state, change] = useQueryState();
  const { account } = useSession();
  const value = (name: (typeof FILTERS)[number]) => state.get(name) ?? "";
  const set = (name: string) => (chosen: string) => change({ [name]: chosen });
  const [pages, setPages] = usePages(FILTERS.map(value).join("\n"));
  const [status = "", result = ""] = value("state").split(".");
  const query = useResource(
    runs(scope, {
      definitionId,
      branch: value("branch") || undefined,
      state: status || undefined,
      result: result || undefined,
      reason: value("reason") || undefined,
      requestedBy: value("by") || undefined,
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
            ? () => change(Object.fromEntries(FILTERS.map((name) => [name, undefined])))
            : undefined
        }
      >
        <SearchField
          value={value("q")}
          onChange={set("q")}
          placeholder="Message, number or commit"
        />
        <SearchField
          value={value("branch")}
          onChange={set("branch")}
          placeholder="Branch, its whole name"
        />
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
        <ChoiceField
          label="Anyone"
          value={value("by")}
          choices={peopleOf(query.data?.value ?? [], account)}
          onChange={set("by")}
        />
        <TagField scope={scope} value={value("tag")} onChange={set("tag")} />
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

/** The pages gone through to the older ones, by their tokens; a list of another filter begins anew. */
function usePages(filter: string): [string[], (pages: string[]) => void] {
  const [{ of, pages }, setState] = useState<{ of: string; pages: string[] }>({
    of: "",
    pages: [],
  });
  return [of === filter ? pages : [], (next) => setState({ of: filter, pages: next })];
}

/** Who may have asked for a run: oneself, then who asked for those that are shown. */
function peopleOf(rows: readonly RunRow[], me: Account): [id: string, name: string][] {
  const others = rows.flatMap(({ requestedFor }) => (requestedFor ? [requestedFor] : []));
  const names = new Map(others.map(({ id, displayName }) => [id, displayName]));
  names.delete(me.id);
  return [[me.id, `${me.displayName} (me)`], ...names];
}

/** The tags that runs of the project have; nothing where there are none. */
function TagField({
  scope,
  value,
  onChange,
}: {
  scope: Scope;
  value: string;
  onChange: (tag: string) => void;
}) {
  const query = useResource(runTags(scope));
  const tags = [...new Set([...(query.data?.value ?? []), value])].filter(Boolean);
  return tags.length > 0 ? (
    <ChoiceField label="Tag" value={value} choices={tags} onChange={onChange} />
  ) : null;
}
