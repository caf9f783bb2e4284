import { Button } from "@fluentui/react-components";
import { useState } from "react";
import { useLocation } from "wouter";
import { useResource } from "../../api/resource.ts";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ChoiceField, FilterBar, SearchField } from "../../components/FilterBar/FilterBar.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Menu } from "../../components/Menu/Menu.tsx";
import { type JobFilter, jobs } from "../api/jobs.ts";
import type { Place } from "../api/place.ts";
import type { JobPage, JobRow } from "../api/wire.ts";
import { InWorkspace, StudioPage } from "../components/StudioPage/StudioPage.tsx";
import { mlLinks } from "../links.ts";
import { az } from "../text/commands.ts";
import styles from "./JobsPage.module.css";
import { JobTable } from "./JobTable.tsx";

const STATUSES: [status: string, name: string][] = [
  ["Running", "Running"],
  ["Completed", "Completed"],
  ["Failed", "Failed"],
  ["Canceled", "Canceled"],
  ["NotStarted", "Not started"],
  ["Queued", "Queued"],
  ["Preparing", "Preparing"],
  ["Finalizing", "Finalizing"],
  ["CancelRequested", "Canceling"],
];
const FILTERS = ["q", "status", "experiment", "compute", "createdBy", "tag", "view"] as const;
const SHOWN_METRICS = 4;

export default function JobsPage(_: PageProps) {
  return <InWorkspace>{(place) => <Jobs place={place} />}</InWorkspace>;
}

function Jobs({ place }: { place: Place }) {
  const [query, change] = useQueryState();
  const [chosen, setChosen] = useState<string[]>([]);
  const [, navigate] = useLocation();
  const filter: JobFilter = Object.fromEntries(
    [...FILTERS, "after"].map((name) => [name, query.get(name) ?? undefined]),
  );
  const found = useResource(jobs(place, filter));
  const rows = found.data?.value ?? [];
  const isFiltered = FILTERS.some((name) => filter[name]);
  const set = (changes: Record<string, string | undefined>) =>
    change({ after: undefined, ...changes });
  const choice = (
    name: (typeof FILTERS)[number],
    label: string,
    choices: (string | [string, string])[],
  ) => (
    <ChoiceField
      label={label}
      value={filter[name] ?? ""}
      choices={choices}
      onChange={(value) => set({ [name]: value })}
    />
  );
  /** Nothing where there is nothing to choose. */
  const choiceOf = (
    name: (typeof FILTERS)[number],
    label: string,
    of: (row: JobRow) => string[],
  ) => {
    const values = valuesOf(rows, filter[name], of);
    return values.length > 1 || filter[name] ? choice(name, label, values) : null;
  };
  return (
    <StudioPage
      place={place}
      part="jobs"
      title="Jobs"
      actions={
        <Button
          disabled={chosen.length < 2}
          onClick={() => navigate(mlLinks.compare(place, chosen))}
        >
          Compare{chosen.length > 1 ? ` ${chosen.length} jobs` : ""}
        </Button>
      }
    >
      <FilterBar
        onClear={
          isFiltered
            ? () => set(Object.fromEntries(FILTERS.map((name) => [name, undefined])))
            : undefined
        }
      >
        <SearchField
          value={filter.q ?? ""}
          placeholder="Find by name"
          onChange={(q) => set({ q })}
        />
        {choice("status", "Any state", STATUSES)}
        {choiceOf("experiment", "Any experiment", (row) => [row.experiment])}
        {choiceOf("compute", "Any compute", (row) => [row.compute])}
        {choiceOf("createdBy", "Anyone", (row) => [row.createdBy])}
        {choiceOf("tag", "Any tag", tagsOf)}
        {choice("view", "Not archived", [
          ["archived", "Archived"],
          ["all", "All"],
        ])}
        {found.data ? (
          <ColumnMenu
            names={found.data.metricNames}
            shown={metricsOf(found.data, query.get("metrics"))}
            onChange={(metrics) => change({ metrics: metrics.join(",") || "none" })}
          />
        ) : null}
      </FilterBar>
      <Loaded query={found}>
        {(page) =>
          page.value.length === 0 ? (
            <NoJobs place={place} isFiltered={isFiltered} />
          ) : (
            <>
              <JobTable
                place={place}
                page={page}
                metrics={metricsOf(page, query.get("metrics"))}
                chosen={chosen}
                onChoose={setChosen}
              />
              <div className={styles.pages}>
                {filter.after ? (
                  <Button onClick={() => change({ after: undefined }, { replace: false })}>
                    Newest jobs
                  </Button>
                ) : null}
                {page.continuationToken ? (
                  <Button
                    onClick={() =>
                      change({ after: page.continuationToken ?? undefined }, { replace: false })
                    }
                  >
                    Older jobs
                  </Button>
                ) : null}
              </div>
            </>
          )
        }
      </Loaded>
    </StudioPage>
  );
}

function NoJobs({ place, isFiltered }: { place: Place; isFiltered: boolean }) {
  return isFiltered ? (
    <EmptyState title="No such job">Nothing fits the filters above.</EmptyState>
  ) : (
    <EmptyState title="No job yet" command={az(place, "job create --file job.yml")}>
      A job appears here as soon as it is submitted: by hand, or by a step of a pipeline.
    </EmptyState>
  );
}

function ColumnMenu({
  names,
  shown,
  onChange,
}: {
  names: string[];
  shown: string[];
  onChange: (names: string[]) => void;
}) {
  if (names.length === 0) return null;
  return (
    <Menu
      label="Choose the metrics to show"
      items={names.map((name) => ({
        name,
        isChecked: shown.includes(name),
        onChoose: () =>
          onChange(shown.includes(name) ? shown.filter((n) => n !== name) : [...shown, name]),
      }))}
    >
      Metrics
    </Menu>
  );
}

/** The metric columns that the address asks for, else the first few there are. */
function metricsOf(page: JobPage, asked: string | null): string[] {
  if (asked === "none") return [];
  return asked ? asked.split(",") : page.metricNames.slice(0, SHOWN_METRICS);
}

/** What the jobs that are shown have of something, and what is asked for, to choose from. */
function valuesOf(
  rows: JobRow[],
  current: string | undefined,
  of: (row: JobRow) => string[],
): string[] {
  const values = new Set([...rows.flatMap(of), current ?? ""]);
  values.delete("");
  return [...values].sort();
}

const tagsOf = ({ tags }: JobRow) =>
  Object.entries(tags).map(([name, value]) => (value ? `${name}=${value}` : name));
