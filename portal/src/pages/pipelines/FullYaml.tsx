import { memo, useMemo } from "react";
import type { Origins, Preview } from "../../api/wire.ts";
import { LazyCodeEditor } from "../../components/CodeEditor/LazyCodeEditor.tsx";
import { CopyButton } from "../../components/CopyButton/CopyButton.tsx";
import { besideOf, placeOf, wordsOf } from "./origins.ts";
import { PlaceLink } from "./PlaceLink.tsx";
import styles from "./YamlReview.module.css";

/** The full YAML with where each line comes from; below it the whole way of the cursor's line. */
export const FullYaml = memo(function FullYaml({
  whole,
  edited,
  isOld,
  cursor,
  marked,
  onLine,
}: {
  whole: Preview | undefined;
  edited: string;
  /** It is of a text before the last changes. */
  isOld: boolean;
  cursor: { side: "text" | "full"; line: number } | undefined;
  marked: readonly number[];
  onLine: (line: number) => void;
}) {
  const beside = useMemo(() => (whole ? besideOf(whole.origins, edited) : []), [whole, edited]);
  if (!whole?.finalYaml) {
    return <p className={styles.soft}>There is no full YAML until the pipeline is valid.</p>;
  }
  return (
    <>
      {isOld ? (
        <p className={styles.soft}>As it was before: the text as it stands now has none.</p>
      ) : null}
      <div className={styles.full}>
        <LazyCodeEditor
          value={whole.finalYaml}
          beside={beside}
          marked={marked}
          onLine={onLine}
          label="Full YAML, read only"
        />
        <div className={styles.copy}>
          <CopyButton text={whole.finalYaml} label="Copy" />
        </div>
      </div>
      <div className={styles.way} role="status">
        {isOld ? null : cursor === undefined ? (
          <span className={styles.soft}>
            Choose a line here to see where it comes from, or one of the text to see what it
            becomes.
          </span>
        ) : cursor.side === "full" ? (
          <Way origins={whole.origins} line={cursor.line} />
        ) : (
          <Became line={cursor.line} marked={marked} />
        )}
      </div>
    </>
  );
});

/** The way to a line: its place, and what that came through, innermost first. */
function Way({ origins, line }: { origins: Origins; line: number }) {
  const place = placeOf(origins, line);
  if (place === undefined) return null;
  return (
    <>
      <div>
        Line {line} is from <PlaceLink file={place.file} line={place.line} />
      </div>
      {[...place.chain].reverse().map((frame, index) => (
        <div key={index}>
          through <code>{wordsOf(frame)}</code> at <PlaceLink file={frame.file} line={frame.line} />
        </div>
      ))}
    </>
  );
}

/** What a line of the text becomes. */
function Became({ line, marked }: { line: number; marked: readonly number[] }) {
  const [first] = marked;
  const last = marked.at(-1);
  const count = marked.length === 1 ? "1 line" : `${marked.length} lines`;
  return (
    <div>
      {first === undefined
        ? `Nothing of the full YAML comes from line ${line}.`
        : `Line ${line} becomes ${count} of the full YAML, ${first === last ? first : `${first} to ${last}`}.`}
    </div>
  );
}
