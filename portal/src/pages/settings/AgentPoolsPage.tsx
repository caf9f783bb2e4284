import { Link } from "wouter";
import { agentPools, agents } from "../../api/library.ts";
import { useResource } from "../../api/resource.ts";
import { queue } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import type { Agent, AgentPool } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf } from "../../app/session.ts";
import { Card, Chip } from "../../components/Card/Card.tsx";
import { Age } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { PropertyGrid } from "../../components/PropertyGrid/PropertyGrid.tsx";
import { Table } from "../../components/Table/Table.tsx";
import styles from "./Settings.module.css";

/** Who does the work, what it does now, and why work waits. */
export default function AgentPoolsPage({ params }: PageProps) {
  const scope = scopeOf(params);
  const pools = useResource(agentPools(scope.organization));
  return (
    <Page title="Agent pools" crumbs={[{ name: scope.project, href: links.project(scope) }]}>
      <Waiting scope={scope} />
      <Loaded query={pools}>
        {({ value }) =>
          value.length === 0 ? (
            <EmptyState title="No agent pool yet">
              <code>penstock up</code> starts an agent on its own machine.
            </EmptyState>
          ) : (
            value.map((pool) => <Pool key={pool.id} scope={scope} pool={pool} />)
          )
        }
      </Loaded>
    </Page>
  );
}

function Waiting({ scope }: { scope: Scope }) {
  const query = useResource(queue(scope));
  if (query.error) return <ErrorBox error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined || query.data.value.length === 0) return null;
  return (
    <Card title="Waiting jobs" isFlush>
      <Table
        label="Waiting jobs"
        rows={query.data.value}
        rowKey={(job) => job.id}
        columns={[
          {
            name: "Job",
            width: "34%",
            cell: (job) => (
              <span>
                <strong>{job.name}</strong>{" "}
                <Link href={links.run(scope, job.run.id)}>
                  {job.definition?.name} #{job.run.number ?? job.run.id}
                </Link>
              </span>
            ),
          },
          { name: "Pool", width: "14%", cell: (job) => job.pool },
          { name: "Why it waits", cell: (job) => job.why },
          { name: "Since", width: "110px", cell: (job) => <Age time={job.queueTime} /> },
        ]}
      />
    </Card>
  );
}

function Pool({ scope, pool }: { scope: Scope; pool: AgentPool }) {
  const query = useResource(agents(scope.organization, pool.id));
  return (
    <Card title={pool.name} isFlush>
      <Loaded query={query} rows={2}>
        {({ value }) =>
          value.length === 0 ? (
            <p className={styles.inset}>This pool has no agent: its jobs wait.</p>
          ) : (
            <Table
              label={`Agents of ${pool.name}`}
              rows={value}
              rowKey={(agent) => agent.id}
              columns={[
                {
                  name: "Agent",
                  width: "30%",
                  cell: (agent) => (
                    <details>
                      <summary>
                        <strong>{agent.name}</strong>
                      </summary>
                      <Capabilities agent={agent} />
                    </details>
                  ),
                },
                {
                  name: "State",
                  width: "120px",
                  cell: (agent) => (
                    <Chip>
                      <span
                        className={agent.status === "online" ? styles.online : styles.offline}
                      />
                      {agent.enabled ? agent.status : "disabled"}
                    </Chip>
                  ),
                },
                {
                  name: "Current job",
                  cell: ({ assignedRequest }) =>
                    assignedRequest ? (
                      <>
                        {assignedRequest.jobName}{" "}
                        {assignedRequest.owner ? (
                          <Link href={links.run(scope, assignedRequest.owner.id)}>
                            #{assignedRequest.owner.name}
                          </Link>
                        ) : null}
                      </>
                    ) : (
                      <span className={styles.soft}>idle</span>
                    ),
                },
                {
                  name: "Last heard of",
                  width: "130px",
                  cell: (agent) => <Age time={agent.lastContact} />,
                },
                { name: "Version", width: "90px", cell: (agent) => agent.version },
              ]}
            />
          )
        }
      </Loaded>
    </Card>
  );
}

function Capabilities({ agent }: { agent: Agent }) {
  const all = { ...agent.systemCapabilities, ...agent.userCapabilities };
  return <PropertyGrid items={Object.entries(all).sort()} />;
}
