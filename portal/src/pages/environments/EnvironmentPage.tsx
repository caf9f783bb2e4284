import { Button, Field, Select, Textarea } from "@fluentui/react-components";
import { useState } from "react";
import { Link } from "wouter";
import {
  addApprovalCheck,
  checks,
  deploymentRecords,
  environment,
  pendingApprovals,
} from "../../api/library.ts";
import { members } from "../../api/people.ts";
import { useResource } from "../../api/resource.ts";
import { answerApproval } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import type { CheckConfiguration, EnvironmentRow } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf, useMay } from "../../app/session.ts";
import { useAction } from "../../app/useAction.ts";
import { Card } from "../../components/Card/Card.tsx";
import { Age, Duration } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { AddIcon, ShieldCheckmarkIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { FormPanel } from "../../components/SidePanel/FormPanel.tsx";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { Table } from "../../components/Table/Table.tsx";
import { Tabs } from "../../components/Tabs/Tabs.tsx";
import { PermissionsCard } from "../library/PermissionsCard.tsx";
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
  const { act, error, isBusy } = useAction(["approvals", "run"]);
  const waiting = (query.data?.value ?? []).filter(
    ({ resource }) =>
      resource?.type === "environment" &&
      (resource.id === String(here.id) || resource.name === here.name),
  );
  if (waiting.length === 0) return null;
  return (
    <Card title="Waiting for approval">
      {error ? <ErrorBox error={error} /> : null}
      {waiting.map((approval) => (
        <div key={approval.id} className={styles.waiting}>
          <span>{approval.instructions || approval.stage || "A deployment waits."}</span>
          <Button
            appearance="primary"
            disabled={isBusy}
            onClick={() => void act(() => answerApproval(scope, approval.id, "approved", ""))}
          >
            Approve
          </Button>
          <Button
            disabled={isBusy}
            onClick={() => void act(() => answerApproval(scope, approval.id, "rejected", ""))}
          >
            Reject
          </Button>
        </div>
      ))}
    </Card>
  );
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
                cell: (record) => [record.stageName, record.jobName].filter(Boolean).join(" / "),
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

function Checks({ scope, environment: here }: { scope: Scope; environment: EnvironmentRow }) {
  const query = useResource(checks(scope, { type: "environment", id: here.id }));
  const mayManage = useMay(scope, "administrator");
  const [isAdding, setAdding] = useState(false);
  return (
    <>
      <Card
        title="Approvals and checks"
        action={
          mayManage ? (
            <Button icon={<AddIcon />} onClick={() => setAdding(true)}>
              Approvals
            </Button>
          ) : null
        }
      >
        <Loaded query={query} rows={2}>
          {({ value }) =>
            value.length === 0 ? (
              <p>Every deployment to this environment starts at once.</p>
            ) : (
              <ul className={styles.checks}>
                {value.map((check) => (
                  <li key={check.id}>
                    <ShieldCheckmarkIcon aria-hidden />
                    <span>
                      <strong>{check.type.name}</strong>
                      <span className={styles.soft}>{describe(check)}</span>
                    </span>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      </Card>
      <PermissionsCard scope={scope} type="environment" id={here.id} />
      {isAdding ? (
        <NewApproval scope={scope} environment={here} onClose={() => setAdding(false)} />
      ) : null}
    </>
  );
}

function describe({ settings }: CheckConfiguration): string {
  const approvers = settings?.approvers;
  const names = Array.isArray(approvers)
    ? approvers.map((one: { displayName?: string; id?: string }) => one.displayName ?? one.id)
    : [];
  return [names.join(", "), settings?.instructions].filter(Boolean).join(": ");
}

function NewApproval({
  scope,
  environment: here,
  onClose,
}: {
  scope: Scope;
  environment: EnvironmentRow;
  onClose: () => void;
}) {
  const people = useResource(members(scope));
  const [approver, setApprover] = useState("");
  const [instructions, setInstructions] = useState("");
  const { act, error, isBusy } = useAction(["checks"]);
  const list = people.data?.value ?? [];
  const chosen = list.find(({ account }) => account.id === approver) ?? list[0];
  const add = async () => {
    if (chosen === undefined) return;
    const { id, displayName } = chosen.account;
    const settings = { approvers: [{ id, displayName }], instructions };
    if (await act(() => addApprovalCheck(scope, here, settings))) onClose();
  };
  return (
    <FormPanel
      title="Approvals"
      submit="Create"
      onSubmit={() => void add()}
      onClose={onClose}
      error={error ?? people.error ?? undefined}
      isDisabled={isBusy || chosen === undefined}
    >
      <Field label="Approver" required>
        <Select value={chosen?.account.id ?? ""} onChange={(_, data) => setApprover(data.value)}>
          {list.map(({ account }) => (
            <option key={account.id} value={account.id}>
              {account.displayName}
            </option>
          ))}
        </Select>
      </Field>
      <Field label="Instructions to approvers">
        <Textarea value={instructions} onChange={(_, data) => setInstructions(data.value)} />
      </Field>
    </FormPanel>
  );
}
