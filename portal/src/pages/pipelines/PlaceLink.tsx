import { createContext, useContext } from "react";
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
export function PlaceLink({ file, line, column = 1 }: { file: string } & Partial<Goal>) {
  const { edited, go, addressOf } = useContext(Context);
  const at = line ?? 1;
  if (file === edited) {
    return (
      <button type="button" className={styles.place} onClick={() => go({ line: at, column })}>
        {file}:{at}
      </button>
    );
  }
  return (
    <a className={styles.place} href={addressOf(file, at)} target="_blank" rel="noreferrer">
      {file}:{at}
    </a>
  );
}
