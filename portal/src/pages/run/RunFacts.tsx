import { Link } from "wouter";
import type { Scope } from "../../api/scope.ts";
import type { RunPage } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { useRepositoryName } from "../../app/useRepositoryName.ts";
import { Age, Duration } from "../../components/Duration/Duration.tsx";
import { BranchIcon, ClockIcon, CodeIcon } from "../../components/icons.ts";
import { BranchChip } from "../../components/RunRow/RunRow.tsx";
import { StateWord } from "../../components/StateIcon/StateIcon.tsx";
import styles from "./RunPage.module.css";
import { stateOf } from "./states.ts";

/** How a run went, what it was of, and how long it took. */
export function RunFacts({ scope, page }: { scope: Scope; page: RunPage }) {
  const repository = useRepositoryName(scope, page.yaml?.repository);
  const commit = page.changes[0];
  return (
    <dl className={styles.facts}>
      <div>
        <dt>State</dt>
        <dd>
          <StateWord state={stateOf(page)} result={page.result} />
        </dd>
      </div>
      <div>
        <dt>Repository and version</dt>
        <dd>
          <CodeIcon aria-hidden />
          {repository ? <Link href={links.files(scope, repository)}>{repository}</Link> : null}
          {page.branch ? <BranchChip name={page.branch} /> : null}
          {page.commit && repository ? (
            <Link href={links.commit(scope, repository, page.commit)} title={commit?.comment}>
              <code>{page.commit.slice(0, 8)}</code>
            </Link>
          ) : null}
        </dd>
      </div>
      <div>
        <dt>Started and elapsed</dt>
        <dd>
          <ClockIcon aria-hidden />
          {page.startTime ? <Age time={page.startTime} /> : "not started"}
          <Duration
            start={page.startTime}
            finish={page.finishTime}
            isOver={page.state === "completed"}
          />
        </dd>
      </div>
      {page.yaml?.path ? (
        <div>
          <dt>Defined in</dt>
          <dd>
            <BranchIcon aria-hidden />
            {repository ? (
              <Link
                href={links.files(scope, repository, {
                  path: `/${page.yaml.path.replace(/^\//, "")}`,
                  branch: page.yaml.commit,
                })}
              >
                {page.yaml.path}
              </Link>
            ) : (
              page.yaml.path
            )}
          </dd>
        </div>
      ) : null}
    </dl>
  );
}
