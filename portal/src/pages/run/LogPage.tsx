import { useMemo, useRef } from "react";
import { Link, useLocation } from "wouter";
import { address } from "../../api/request.ts";
import { useResource } from "../../api/resource.ts";
import { logAddress, logLineCount, logLines, run, runStream, searchLogs } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import { listen } from "../../api/stream.ts";
import type { LogEvent, RunPage, TimelineRecord } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { useQueryState } from "../../app/query.ts";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { Duration } from "../../components/Duration/Duration.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { LogView } from "../../components/LogView/LogView.tsx";
import type { LogSource } from "../../components/LogView/source.ts";
import { Page } from "../../components/Page/Page.tsx";
import { runTitle } from "../../components/RunRow/RunRow.tsx";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { StateNews } from "../../components/StateIcon/StateNews.tsx";
import {
  findStep,
  isUnnamed,
  type StageNode,
  timelineTree,
  whereToLook,
} from "../../text/timeline.ts";
import { runCrumbs } from "./crumbs.ts";
import { Explanation, Why } from "./Explanation.tsx";
import styles from "./LogPage.module.css";
import { RunActions } from "./RunActions.tsx";

/** The steps of a run at the left, the log of one at the right. */
export default function LogPage({ scope, id }: { scope: Scope; id: number }) {
  const query = useResource(run(scope, id));
  const data = query.data;
  return (
    <Page
      isFixed
      title="Logs"
      heading={
        data ? (
          <>
            <StateIcon state={data.state} result={data.result} size={22} />
            <StateNews name="The run" state={data.state} result={data.result} />
            {runTitle(data)}
          </>
        ) : undefined
      }
      crumbs={[
        ...runCrumbs(scope, data),
        ...(data ? [{ name: `#${data.number}`, href: links.run(scope, id) }] : []),
      ]}
      actions={data ? <RunActions scope={scope} run={data} /> : null}
    >
      <Loaded query={query}>{(page) => <JobLogs scope={scope} page={page} />}</Loaded>
    </Page>
  );
}

function JobLogs({ scope, page }: { scope: Scope; page: RunPage }) {
  const [query] = useQueryState();
  const [, navigate] = useLocation();
  const stages = useMemo(() => timelineTree(page.records), [page.records]);
  const named = { job: query.get("j"), step: query.get("t") };
  // What is opened by itself stays open, though another step runs by now.
  const kept = useRef<string | undefined>(undefined);
  const place =
    findStep(stages, named) ??
    findStep(stages, { step: kept.current ?? null }) ??
    whereToLook(stages);
  if (!named.job && !named.step) kept.current = place?.step?.id;
  const openLine = (recordId: string, line: number) => {
    const found = findStep(stages, { step: recordId });
    if (found === undefined) return;
    navigate(links.log(scope, page.id, { job: found.job.record.id, step: recordId, line }));
  };
  return (
    <>
      <StepList scope={scope} runId={page.id} stages={stages} selected={place?.step?.id} />
      {place?.step ? (
        <StepLog
          scope={scope}
          page={page}
          job={place.job.record}
          step={place.step}
          onOpen={openLine}
        />
      ) : (
        <div className={styles.none}>
          {page.problem ? (
            <CodeBlock text={page.problem.text} />
          ) : place ? (
            <NoLog scope={scope} runId={page.id} record={place.job.record} />
          ) : (
            "This run has no jobs yet."
          )}
        </div>
      )}
    </>
  );
}

function StepList({
  scope,
  runId,
  stages,
  selected,
}: {
  scope: Scope;
  runId: number;
  stages: StageNode[];
  selected: string | undefined;
}) {
  return (
    <nav className={styles.steps} aria-label="Jobs and steps">
      {stages.map((stage) => (
        <section key={stage.record.id}>
          {stages.length > 1 || !isUnnamed(stage.record.name) ? (
            <h2 className={styles.stage}>
              {isUnnamed(stage.record.name) ? "Jobs" : stage.record.name}
            </h2>
          ) : null}
          {stage.jobs.map((job) => (
            <details
              key={job.record.id}
              className={styles.job}
              open={
                job.steps.some((step) => step.id === selected) ||
                job.record.state === "inProgress" ||
                job.record.result === "failed" ||
                undefined
              }
            >
              <summary>
                <StateIcon state={job.record.state} result={job.record.result} />
                <span className={styles.name}>{job.record.name}</span>
                <span className={styles.time}>
                  <Duration
                    start={job.record.startTime}
                    finish={job.record.finishTime}
                    isOver={job.record.state === "completed"}
                  />
                </span>
              </summary>
              <ol>
                {job.steps.map((step) => (
                  <li key={step.id}>
                    <Link
                      href={links.log(scope, runId, { job: job.record.id, step: step.id })}
                      className={styles.step}
                      aria-current={step.id === selected ? "true" : undefined}
                    >
                      <StateIcon state={step.state} result={step.result} size={16} />
                      <span className={styles.name}>{step.name}</span>
                      <span className={styles.time}>
                        <Duration
                          start={step.startTime}
                          finish={step.finishTime}
                          isOver={step.state === "completed"}
                        />
                      </span>
                    </Link>
                  </li>
                ))}
              </ol>
            </details>
          ))}
        </section>
      ))}
    </nav>
  );
}

function StepLog({
  scope,
  page,
  job,
  step,
  onOpen,
}: {
  scope: Scope;
  page: RunPage;
  job: TimelineRecord;
  step: TimelineRecord;
  onOpen: (recordId: string, line: number) => void;
}) {
  const logId = step.log?.id;
  const lineCount = step.lineCount ?? 0;
  const isGrowing =
    step.state === "inProgress" || (step.state === "pending" && page.state !== "completed");
  const source = useMemo(
    () =>
      logId === undefined ? undefined : stepSource(scope, page.id, logId, lineCount, isGrowing),
    [scope, page.id, logId, lineCount, isGrowing],
  );
  const errorLines = page.issues
    .filter((issue) => issue.type === "error" && issue.recordId === step.id && issue.line)
    .map((issue) => issue.line ?? 1);
  if (source === undefined || logId === undefined) {
    return (
      <div className={styles.none}>
        <NoLog scope={scope} runId={page.id} record={step} />
      </div>
    );
  }
  return (
    <LogView
      id={`${page.id}/${logId}`}
      label={`Log of ${step.name}`}
      title={
        <>
          {step.name}
          <StateNews name={`Step ${step.name}`} state={step.state} result={step.result} />
        </>
      }
      source={source}
      logId={logId}
      errorLines={errorLines}
      startLine={errorLines[0]}
      rawUrl={address(logAddress(scope, page.id, logId), { $format: "text" })}
      search={async (q, signal) => {
        const found = await searchLogs(scope, page.id, { q, recordId: job.id }, signal);
        return {
          count: found.count,
          lines: found.matches.map((match) => ({
            logId: match.logId,
            line: match.line,
            text: match.text,
            where: match.stepName,
          })),
        };
      }}
      onElsewhere={(found) => {
        const other = page.records.find((record) => record.log?.id === found.logId);
        if (other) onOpen(other.id, found.line);
      }}
    />
  );
}

/** Why there is nothing to read of a step, or of a job that has none. */
function NoLog({ scope, runId, record }: { scope: Scope; runId: number; record: TimelineRecord }) {
  const { state, result, name, reason } = record;
  return (
    <>
      <p>
        <StateIcon state={state} result={result} /> <strong>{name}</strong>{" "}
        {result === "skipped"
          ? "was skipped."
          : state === "pending"
            ? "waits for its turn."
            : state === "inProgress"
              ? "has written nothing yet."
              : "wrote no log."}
      </p>
      {reason ? <p>{reason}</p> : null}
      {result === "skipped" ? (
        <Why scope={scope} runId={runId} recordId={record.id} />
      ) : (
        <Explanation scope={scope} runId={runId} recordId={record.id} />
      )}
    </>
  );
}

/** The log of a step: its lines by range, and while it runs those that the run's stream brings. */
function stepSource(
  scope: Scope,
  runId: number,
  logId: number,
  lineCount: number,
  isGrowing: boolean,
): LogSource {
  return {
    lineCount,
    isGrowing,
    count: (signal) => logLineCount(scope, runId, logId, signal),
    read: (range, signal) => logLines(scope, runId, logId, range, signal),
    follow: (listener) =>
      listen(runStream(scope, runId), {
        events(batch) {
          for (const event of batch) {
            if (event.type !== "log") continue;
            const log = event.data as LogEvent;
            if (log.logId === logId) listener(log.firstLine, log.lines);
          }
        },
      }),
  };
}
