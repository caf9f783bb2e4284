import { Switch } from "@fluentui/react-components";
import { useMemo, useState } from "react";
import { Link } from "wouter";
import { useResource } from "../../api/resource.ts";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { Card } from "../../components/Card/Card.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { type Column, Table } from "../../components/Table/Table.tsx";
import { isOver } from "../../text/states.ts";
import { comparison } from "../api/jobs.ts";
import { jobStream } from "../api/live.ts";
import type { Place } from "../api/place.ts";
import type { Comparison, MetricValue } from "../api/wire.ts";
import { Curves } from "../components/Curves/Curves.tsx";
import { crumbsOf, InWorkspace } from "../components/StudioPage/StudioPage.tsx";
import { mlLinks } from "../links.ts";
import { differing, formatMetric } from "../text/numbers.ts";
import styles from "./ComparePage.module.css";

export default function ComparePage(_: PageProps) {
  return <InWorkspace>{(place) => <Compared place={place} />}</InWorkspace>;
}

function Compared({ place }: { place: Place }) {
  const [query, change] = useQueryState();
  const names = (query.get("jobs") ?? "").split(",").filter((name) => name !== "");
  const isWhole = query.get("all") === "1";
  const [isEnded, setEnded] = useState(false);
  const found = useResource(comparison(place, names, isEnded));
  const areOver = found.data?.jobs.every((row) => isOver(row.status)) ?? false;
  if (areOver !== isEnded) setEnded(areOver);
  return (
    <Page
      title="Compare jobs"
      crumbs={crumbsOf(place)}
      actions={
        <Switch
          label="Only differences"
          checked={!isWhole}
          onChange={(_, { checked }) => change({ all: checked ? undefined : "1" })}
        />
      }
    >
      <Missing names={names} compared={found.data} />
      <Loaded query={found}>
        {(compared) =>
          compared.jobs.length === 0 ? (
            <EmptyState
              title="Nothing to compare"
              action={<Link href={mlLinks.jobs(place)}>Jobs</Link>}
            >
              Mark two or more jobs in the list, then choose Compare.
            </EmptyState>
          ) : (
            <>
              <Values
                place={place}
                title="Parameters"
                compared={compared}
                values={compared.params}
                isWhole={isWhole}
                format={(value) => value}
              />
              <Values
                place={place}
                title="Metrics"
                compared={compared}
                values={compared.metrics}
                isWhole
                format={(value) => formatMetric(value as MetricValue | null)}
              />
              <ComparedCurves
                place={place}
                compared={compared}
                stream={isEnded ? undefined : jobStream(place, ...names)}
              />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

/** Jobs that the address names and the workspace does not have. */
function Missing({ names, compared }: { names: string[]; compared: Comparison | undefined }) {
  const known = new Set(compared?.jobs.map(({ name }) => name));
  const missing = compared ? names.filter((name) => !known.has(name)) : [];
  return missing.length > 0 ? (
    <p role="alert" className={styles.none}>
      Not in this workspace: {missing.join(", ")}
    </p>
  ) : null;
}

function ComparedCurves({
  place,
  compared,
  stream,
}: {
  place: Place;
  compared: Comparison;
  stream: string | undefined;
}) {
  const jobs = useMemo(
    () =>
      compared.jobs.map((row) => ({
        name: row.name,
        title: row.displayName === row.name ? row.name : `${row.displayName} (${row.name})`,
      })),
    [compared],
  );
  return (
    <Curves
      place={place}
      jobs={jobs}
      names={Object.keys(compared.metrics)}
      stream={stream}
      withNodes
    />
  );
}

function Values<T extends MetricValue | null>({
  place,
  title,
  compared,
  values,
  isWhole,
  format,
}: {
  place: Place;
  title: string;
  compared: Comparison;
  values: Record<string, T[]>;
  isWhole: boolean;
  format: (value: T) => T | string | null;
}) {
  const names = isWhole ? Object.keys(values) : differing(values);
  const columns: Column<string>[] = [
    { name: title, cell: (name) => name },
    ...compared.jobs.map(
      (row, index): Column<string> => ({
        name: row.name,
        align: "end",
        cell: (name) => <code>{format(values[name]?.[index] as T)}</code>,
      }),
    ),
  ];
  return (
    <Card
      title={title}
      isFlush
      action={
        <span>
          {compared.jobs.map((row) => (
            <span key={row.name}>
              {" "}
              <StateIcon state={row.status} size={14} />{" "}
              <Link href={mlLinks.job(place, row.name)}>{row.displayName}</Link>
            </span>
          ))}
        </span>
      }
    >
      {names.length === 0 ? (
        <p className={styles.none}>
          {isWhole ? "Nothing was logged." : "They are the same in all of them."}
        </p>
      ) : (
        <Table label={title} rows={names} rowKey={(name) => name} columns={columns} />
      )}
    </Card>
  );
}
