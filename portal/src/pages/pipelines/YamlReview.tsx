import { useCallback, useMemo, useState } from "react";
import type { Scope } from "../../api/scope.ts";
import type { PreviewParameter } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { useQueryState } from "../../app/query.ts";
import type { Goal } from "../../components/CodeEditor/CodeEditor.tsx";
import { LazyCodeEditor } from "../../components/CodeEditor/LazyCodeEditor.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { Loading } from "../../components/Loading/Loading.tsx";
import { FullYaml } from "./FullYaml.tsx";
import { becameOf, fileOf, linesIn, placeOf } from "./origins.ts";
import { PlaceLinks } from "./PlaceLink.tsx";
import { PlanView } from "./PlanView.tsx";
import { ProblemList } from "./ProblemList.tsx";
import { problemsIn } from "./problems.ts";
import { Supposing } from "./Supposing.tsx";
import type { Review } from "./useReview.ts";
import styles from "./YamlReview.module.css";

/** The file that is edited, in the name of its repository. */
export interface EditedFile {
  scope: Scope;
  repo: string;
  branch: string;
  path: string;
}

const VIEWS = [
  ["full", "Full YAML"],
  ["plan", "Plan"],
] as const;

/** Where the cursor is: a line of the text, or one of the full YAML. */
interface Cursor {
  side: "text" | "full";
  line: number;
}

// One and the same in every rendering: what is shown of nothing is not drawn anew.
const NOWHERE: readonly number[] = [];
const NO_WORDS: readonly string[] = [];
const NO_PARAMETERS: readonly PreviewParameter[] = [];

/**
 * The text to edit and what is wrong with it at the left; at the right what it becomes, where each
 * line of that comes from, and what a run of it would do.
 */
export function YamlReview({
  file,
  branches,
  text,
  onChange,
  onSave,
  review,
}: {
  file: EditedFile;
  branches: readonly string[];
  text: string;
  onChange: ((text: string) => void) | undefined;
  onSave?: (() => void) | undefined;
  review: Review;
}) {
  const [state, change] = useQueryState();
  const view = state.get("show") === "plan" ? "plan" : "full";
  const [cursor, setCursor] = useState<Cursor>();
  const onFullLine = useCallback((line: number) => setCursor({ side: "full", line }), []);
  const [goal, setGoal] = useState<Goal>();
  const name = file.path.replace(/^\//, "");
  const { preview: found, whole, error, diagnostics } = review;
  const problems = useMemo(() => problemsIn(name, found?.diagnostics ?? []), [found, name]);
  const isOld = whole !== found;
  // The lines of a text that has changed since are others.
  const origins = isOld ? undefined : whole?.origins;
  const [ownMarks, fullMarks] = useMemo(() => {
    if (origins === undefined || cursor === undefined) return [NOWHERE, NOWHERE];
    if (cursor.side === "text") return [NOWHERE, becameOf(origins, name, cursor.line)];
    const place = placeOf(origins, cursor.line);
    return [place ? linesIn(place, name).sort((a, b) => a - b) : NOWHERE, NOWHERE];
  }, [origins, cursor, name]);
  const places = useMemo(
    () => ({
      edited: name,
      go: setGoal,
      addressOf: (label: string, line: number) => {
        const { path, alias } = fileOf(label, found?.repositories);
        const other = alias === undefined ? undefined : found?.repositories?.[alias];
        const address = other
          ? links.files({ ...file.scope, project: other.project }, other.name, {
              path,
              branch: other.commit,
            })
          : links.files(file.scope, file.repo, { path, branch: file.branch });
        return `${address}#L${line}`;
      },
    }),
    [name, found, file.scope, file.repo, file.branch],
  );
  return (
    <PlaceLinks value={places}>
      <div className={styles.columns}>
        <div className={styles.left}>
          <div className={styles.editor}>
            <LazyCodeEditor
              value={text}
              onChange={onChange}
              onSave={onSave}
              onLine={(line) => setCursor({ side: "text", line })}
              problems={problems}
              marked={ownMarks}
              goal={goal}
              label="Pipeline YAML"
            />
          </div>
          <ProblemList
            diagnostics={diagnostics}
            missing={found?.plan?.missing ?? NO_WORDS}
            awaited={review.awaited}
            isChecking={review.isChecking}
            isAnswered={found !== undefined}
          />
        </div>
        <section className={styles.right} aria-label="What becomes of it">
          <Supposing
            supposed={review.supposed}
            parameters={found?.parameters ?? NO_PARAMETERS}
            branch={file.branch}
            branches={branches}
            onChange={review.suppose}
          />
          <div className={styles.tabs} role="group" aria-label="Show">
            {VIEWS.map(([key, title]) => (
              <button
                key={key}
                type="button"
                aria-pressed={view === key}
                onClick={() => change({ show: key === "full" ? undefined : key })}
              >
                {title}
              </button>
            ))}
          </div>
          {error ? <ErrorBox error={error} /> : null}
          {found === undefined && error === undefined ? <Loading rows={4} /> : null}
          {found && view === "full" ? (
            <FullYaml
              whole={whole}
              edited={name}
              isOld={isOld}
              cursor={cursor}
              marked={fullMarks}
              onLine={onFullLine}
            />
          ) : null}
          {found && view === "plan" ? (
            <PlanView
              plan={found.plan ?? undefined}
              supposed={review.supposed}
              parameters={found.parameters}
              onChange={review.suppose}
            />
          ) : null}
        </section>
      </div>
    </PlaceLinks>
  );
}
