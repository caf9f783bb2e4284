import { useEffect, useMemo, useState } from "react";
import type { ApiError } from "../../api/request.ts";
import { type PreviewRequest, preview } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import type { Preview } from "../../api/wire.ts";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { LazyCodeEditor } from "../../components/CodeEditor/LazyCodeEditor.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { CheckmarkCircleIcon, DismissCircleIcon, WarningIcon } from "../../components/icons.ts";
import { Loading } from "../../components/Loading/Loading.tsx";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { placesOf } from "./origins.ts";
import styles from "./YamlReview.module.css";

export interface Review {
  preview: Preview | undefined;
  error: ApiError | undefined;
  isChecking: boolean;
  isWrong: boolean;
}

/** What the server says of a YAML text, asked again when typing rests. */
export function useReview(scope: Scope, wanted: PreviewRequest | undefined): Review {
  const [state, setState] = useState<Pick<Review, "preview" | "error">>({
    preview: undefined,
    error: undefined,
  });
  const [isChecking, setChecking] = useState(false);
  const key = wanted === undefined ? "" : JSON.stringify(wanted);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the request
  useEffect(() => {
    if (wanted === undefined) return;
    const controller = new AbortController();
    setChecking(true);
    const timer = setTimeout(
      () => {
        preview(scope, wanted, controller.signal)
          .then(
            (found) => setState({ preview: found, error: undefined }),
            (error: ApiError) => {
              if (!controller.signal.aborted) setState((old) => ({ ...old, error }));
            },
          )
          .finally(() => {
            if (!controller.signal.aborted) setChecking(false);
          });
      },
      state.preview === undefined ? 0 : 400,
    );
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [key]);
  const isWrong = state.preview?.diagnostics.some((one) => one.severity === "error") ?? false;
  return { ...state, isChecking, isWrong };
}

type View = "problems" | "expanded" | "plan";

/** The text to edit at the left; what the server makes of it at the right. */
export function YamlReview({
  path,
  text,
  onChange,
  review,
}: {
  path: string;
  text: string;
  onChange: (text: string) => void;
  review: Review;
}) {
  const file = path.replace(/^\//, "");
  const [view, setView] = useState<View>("problems");
  const { preview: found, error, isChecking, isWrong } = review;
  const diagnostics = found?.diagnostics ?? [];
  const errors = diagnostics.filter((one) => one.severity === "error").length;
  const hasWarnings = diagnostics.some((one) => one.severity === "warning");
  // Those of templates are listed, but have no place in this text.
  const own = useMemo(
    () => (found?.diagnostics ?? []).filter((one) => one.file.replace(/^\//, "") === file),
    [found, file],
  );
  const places = useMemo(() => placesOf(found?.origins ?? []), [found]);
  const verdict = isWrong
    ? errors === 1
      ? "1 error"
      : `${errors} errors`
    : "This pipeline is valid";
  return (
    <div className={styles.columns}>
      <div className={styles.editor}>
        <LazyCodeEditor value={text} onChange={onChange} diagnostics={own} label="Pipeline YAML" />
      </div>
      <section className={styles.side} aria-label="What the server makes of it">
        <div className={styles.tabs} role="group" aria-label="Show">
          {(
            [
              ["problems", "Validation"],
              ["expanded", "Full YAML"],
              ["plan", "Plan"],
            ] as [View, string][]
          ).map(([name, title]) => (
            <button
              key={name}
              type="button"
              aria-pressed={view === name}
              onClick={() => setView(name)}
            >
              {title}
            </button>
          ))}
        </div>
        {error ? <ErrorBox error={error} /> : null}
        {found === undefined && error === undefined ? <Loading rows={2} /> : null}
        {view === "problems" && found ? (
          <>
            <p className={styles.verdict} role="status">
              {isWrong ? (
                <DismissCircleIcon aria-hidden className={styles.wrong} />
              ) : hasWarnings ? (
                <WarningIcon aria-hidden className={styles.warn} />
              ) : (
                <CheckmarkCircleIcon aria-hidden className={styles.right} />
              )}
              {isChecking ? "Checking…" : verdict}
            </p>
            {diagnostics.map((one) => (
              <CodeBlock key={one.text} text={one.text} label={one.message} />
            ))}
            {found.plan?.missing.map((what) => (
              <p key={what} className={styles.missing}>
                <WarningIcon aria-hidden className={styles.warn} /> {what}
              </p>
            ))}
          </>
        ) : null}
        {view === "expanded" && found ? (
          found.finalYaml ? (
            <CodeBlock
              text={found.finalYaml}
              language="yaml"
              numbers
              behind={places}
              label="Full YAML"
            />
          ) : (
            <p className={styles.soft}>There is no full YAML while the pipeline has errors.</p>
          )
        ) : null}
        {view === "plan" && found ? <Plan preview={found} /> : null}
      </section>
    </div>
  );
}

function Plan({ preview: found }: { preview: Preview }) {
  const stages = found.plan?.stages ?? [];
  if (stages.length === 0) return <p className={styles.soft}>There is nothing to plan yet.</p>;
  return (
    <ul className={styles.plan}>
      {stages.map((stage) => (
        <li key={stage.id}>
          <StateIcon
            state={stage.verdict === "skipped" ? "completed" : "pending"}
            result={stage.verdict === "skipped" ? "skipped" : null}
          />
          <div>
            <strong>{stage.id}</strong> {stage.verdict}
            {stage.why ? <div className={styles.soft}>{stage.why}</div> : null}
            {stage.jobs.length > 0 ? (
              <div className={styles.soft}>{stage.jobs.map(jobName).join(", ")}</div>
            ) : null}
          </div>
        </li>
      ))}
    </ul>
  );
}

function jobName(job: unknown): string {
  if (typeof job === "string") return job;
  if (typeof job !== "object" || job === null) return "";
  const { displayName, name, id } = job as Record<string, unknown>;
  return String(displayName ?? name ?? id ?? "");
}
