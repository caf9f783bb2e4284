import { createContext, type ReactNode, useContext } from "react";
import type { Goal } from "../../components/CodeEditor/CodeEditor.tsx";
import styles from "./YamlReview.module.css";

interface Places {
  /** The file that is edited. */
  edited: string;
  /** Go to a place in it. */
  go: (goal: Goal) => void;
  /** Where another file is shown. */
  addressOf: (file: string, line: number) => string;
}

const Context = createContext<Places>({ edited: "", go: () => {}, addressOf: () => "" });

/** What the places below mean. */
export const PlaceLinks = Context.Provider;

/** A place: in the text that is edited it moves the cursor, another file opens beside this page. */
export function PlaceLink({
  file,
  line = 1,
  column = 1,
  children,
}: { file: string; children?: ReactNode } & Partial<Goal>) {
  const { edited, go, addressOf } = useContext(Context);
  const shown = children ?? `${file}:${line}`;
  const title = children ? `${file}:${line}` : undefined;
  if (file === edited) {
    return (
      <button
        type="button"
        className={styles.place}
        title={title}
        onClick={() => go({ line, column })}
      >
        {shown}
      </button>
    );
  }
  return (
    <a
      className={styles.place}
      title={title}
      href={addressOf(file, line)}
      target="_blank"
      rel="noreferrer"
    >
      {shown}
    </a>
  );
}
