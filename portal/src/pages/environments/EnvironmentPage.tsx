import { Link } from "wouter";
import { deploymentRecords, environment, pendingApprovals } from "../../api/library.ts";
import { useResource } from "../../api/resource.ts";
import type { Scope } from "../../api/scope.ts";
import type { EnvironmentRow } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf } from "../../app/session.ts";
import { Age, Duration } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { Table } from "../../components/Table/Table.tsx";
import { Tabs } from "../../components/Tabs/Tabs.tsx";
import { placeOf } from "../../text/timeline.ts";
import { ApprovalCard } from "../run/ApprovalCard.tsx";
import { Checks } from "./Checks.tsx";
import styles from "./EnvironmentPage.module.css";

/** What was deployed to an environment, and what must be so before. */
export default function EnvironmentPage({ params }: PageProps) {
  const scope = scopeOf(params);
  const id = Number(params.id);
  const query = useResource(environment(scope, id));
  const [state] = useQueryState();
  const isChecks = state.get("view") === "checks";
  const href = links.environment(scope, id);
  return (
    <Page
      title={query.data?.name ?? "Environment"}
      crumbs={[
        { name: scope.project, href: links.project(scope) },
        { name: "Environments", href: links.environments(scope) },
      ]}
      facts={query.data?.description}
      tabs={
        <Tabs
          label="Environment"
          tabs={[
            { name: "Deployments", href, isHere: !isChecks },
            { name: "Approvals and checks", href: `${href}?view=checks`, isHere: isChecks },
          ]}
        />
      }
    >
      <Loaded query={query}>
        {(found) =>
          isChecks ? (
            <Checks scope={scope} environment={found} />
          ) : (
            <>
              <Waiting scope={scope} environment={found} />
              <Deployments scope={scope} id={id} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function Waiting({ scope, environment: here }: { scope: Scope; environment: EnvironmentRow }) {
  const query = useResource(pendingApprovals(scope));
  if (query.error) return <ErrorBox error={query.error} onRetry={() => void query.refetch()} />;
  const waiting = (query.data?.value ?? []).filter(
    ({ resource }) => resource?.type === "environment" && resource.id === String(here.id),
  );
  return waiting.map((approval) => (
    <ApprovalCard key={approval.id} scope={scope} approval={approval}>
      {approval.pipeline?.owner ? (
        <p>
          <Link href={links.run(scope, approval.pipeline.owner.id)}>
            {approval.pipeline.name} #{approval.pipeline.owner.name}
          </Link>
        </p>
      ) : null}
    </ApprovalCard>
  ));
}

function Deployments({ scope, id }: { scope: Scope; id: number }) {
  const query = useResource(deploymentRecords(scope, id));
  return (
    <Loaded query={query}>
      {({ value }) =>
        value.length === 0 ? (
          <EmptyState title="Nothing was deployed here yet">
            A <code>deployment</code> job with this environment shows up here.
          </EmptyState>
        ) : (
          <Table
            label="Deployments"
            rows={value}
            rowKey={(record) => record.id}
            columns={[
              {
                name: "Run",
                cell: (record) => (
                  <span className={styles.run}>
                    <StateIcon
                      state={record.result ? "completed" : "inProgress"}
                      result={record.result}
                    />
                    <span>
                      {record.owner ? (
                        <Link href={links.run(scope, record.owner.id)}>#{record.owner.name}</Link>
                      ) : null}{" "}
                      {record.definition?.name}
                    </span>
                  </span>
                ),
              },
              {
                name: "Job",
                cell: ({ stageName, jobName }) => placeOf(stageName, jobName),
              },
              {
                name: "Duration",
                width: "110px",
                align: "end",
                cell: (record) => (
                  <Duration
                    start={record.startTime}
                    finish={record.finishTime}
                    isOver={Boolean(record.result)}
                  />
                ),
              },
              {
                name: "When",
                width: "120px",
                cell: (record) => <Age time={record.startTime ?? record.queueTime} />,
              },
            ]}
          />
        )
      }
    </Loaded>
  );
}
