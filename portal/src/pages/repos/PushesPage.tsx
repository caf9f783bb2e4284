import { Link } from "wouter";
import { repository } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { shortBranch, triggers } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import type { TriggerEvent } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf } from "../../app/session.ts";
import { Card } from "../../components/Card/Card.tsx";
import { Age } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { PlayIcon, ProhibitedIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { BranchChip } from "../../components/RunRow/RunRow.tsx";
import { Tabs } from "../../components/Tabs/Tabs.tsx";
import styles from "./Changes.module.css";
import { repoCrumbs, repoTabs } from "./crumbs.ts";

const KINDS: Record<string, string> = {
  push: "Push",
  schedule: "Schedule",
  pullRequest: "Pull request",
  completion: "Pipeline completion",
};

/** What came, what each of it started, and why other pipelines did not start. */
export default function PushesPage({ params }: PageProps) {
  const scope = scopeOf(params);
  const repo = params.repo ?? "";
  const home = useResource(repository(scope, repo));
  const query = useResource({
    ...triggers(scope, { repositoryId: home.data?.id, top: 50 }),
    enabled: home.data !== undefined,
  });
  return (
    <Page
      title={`Pushes to ${repo}`}
      heading={repo}
      crumbs={repoCrumbs(scope, repo)}
      tabs={<Tabs label={repo} tabs={repoTabs(scope, repo, "Pushes")} />}
    >
      <Loaded query={home.data ? query : { ...home, data: undefined }}>
        {({ value: events }) =>
          events.length === 0 ? (
            <EmptyState title="Nothing was pushed yet" command="git push penstock main">
              Each push is listed here with the runs it started, and with the reason why other
              pipelines did not start.
            </EmptyState>
          ) : (
            events.map((event) => <Event key={event.id} scope={scope} repo={repo} event={event} />)
          )
        }
      </Loaded>
    </Page>
  );
}

function Event({
  scope,
  repo,
  event: { at, event, decisions },
}: {
  scope: Scope;
  repo: string;
  event: TriggerEvent;
}) {
  return (
    <Card
      title={
        <span className={styles.branches}>
          {KINDS[event.kind] ?? event.kind}
          {event.ref ? <BranchChip name={event.ref} /> : null}
        </span>
      }
      action={<Age time={at} />}
    >
      <p className={styles.why}>
        {event.pusher ? `${event.pusher} ` : ""}
        {event.commit ? (
          <Link href={links.commit(scope, repo, event.commit)}>
            <code>{event.commit.slice(0, 8)}</code>
          </Link>
        ) : null}{" "}
        {event.ref && !event.commit ? shortBranch(event.ref) : ""}
      </p>
      {decisions.length === 0 ? (
        <p className={styles.why}>No pipeline of the project could start.</p>
      ) : null}
      <ul className={styles.decisions}>
        {decisions.map((decision) => (
          <li key={decision.definition.id}>
            {decision.runs ? (
              <PlayIcon aria-label="Started" style={{ color: "var(--success)" }} />
            ) : (
              <ProhibitedIcon aria-label="Did not start" style={{ color: "var(--idle)" }} />
            )}
            <span>
              {decision.runId ? (
                <Link href={links.run(scope, decision.runId)}>{decision.definition.name}</Link>
              ) : (
                <Link href={links.pipeline(scope, decision.definition.id)}>
                  {decision.definition.name}
                </Link>
              )}{" "}
              <span className={styles.why}>
                {decision.runs ? "started" : "did not start"}: {decision.why || decision.reason}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
