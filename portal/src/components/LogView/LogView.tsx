import { Button } from "@fluentui/react-components";
import {
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from "react";
import { setPreference, usePreferences } from "../../app/preferences.ts";
import { isForPage } from "../../app/Shortcuts/chords.ts";
import { type LineRange, lineHash } from "../../text/logline.ts";
import { ErrorBox } from "../ErrorBox/ErrorBox.tsx";
import { ArrowDownIcon } from "../icons.ts";
import { LogSearch } from "./LogSearch.tsx";
import { LogToolbar } from "./LogToolbar.tsx";
import styles from "./LogView.module.css";
import { nextOf } from "./places.ts";
import type { Found, FoundLine, LogSource } from "./source.ts";
import { useLogCanvas } from "./useLogCanvas.ts";

export interface LogViewProps {
  /** Names the log: another id is another log. */
  id: string;
  title: ReactNode;
  label: string;
  source: LogSource;
  /** Lines where the server knows of errors. */
  errorLines?: number[];
  /** Where to begin, unless the address names a line. */
  startLine?: number | undefined;
  /** The address of the whole text, to look at and to save. */
  rawUrl?: string | undefined;
  /** Searches everything that belongs together, not this log alone. */
  search?: (text: string, signal: AbortSignal) => Promise<Found>;
  /** The log's number in what `search` found. */
  logId?: number | undefined;
  /** A found line is in another log. */
  onElsewhere?: (found: FoundLine) => void;
}

/** A log: all of it, live, searchable, each line with an address. */
export function LogView(props: LogViewProps) {
  const { id, title, label, source, errorLines = [], startLine, rawUrl } = props;
  const { search, logId, onElsewhere } = props;
  const box = useRef<HTMLDivElement>(null);
  const [marked, setMarked] = useState<LineRange | undefined>();
  const log = { id, source, startLine, errorLines, onMark: setMarked };
  const { canvas, state } = useLogCanvas(box, log);

  const foundText = useRef("");
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is looked for is marked in a new log too
  useEffect(() => canvas.current?.highlight(foundText.current), [canvas, id]);
  const highlight = (text: string) => {
    foundText.current = text;
    canvas.current?.highlight(text);
  };

  const mark = (range: LineRange | undefined) => {
    setMarked(range);
    canvas.current?.select(range);
    const { pathname, search: query } = window.location;
    window.history.replaceState(null, "", pathname + query + (range ? lineHash(range) : ""));
  };
  const goTo = (line: number) => {
    mark({ from: line, to: line });
    void canvas.current?.reveal(line);
  };
  const goToError = (direction: 1 | -1) => {
    const next = nextOf(state.errors, marked?.from, direction);
    if (next !== undefined) goTo(next);
  };

  const { logTimes, logWrap } = usePreferences();
  useKeys([
    ["e", () => goToError(1)],
    ["E", () => goToError(-1)],
    ["f", () => canvas.current?.follow()],
    ["w", () => setPreference("logWrap", !logWrap)],
    ["t", () => setPreference("logTimes", !logTimes)],
  ]);

  const onClick = (event: MouseEvent) => {
    const hit = canvas.current?.lineAt(event.nativeEvent);
    if (hit === undefined) return;
    const { line } = hit;
    if (!hit.isNumber) {
      if (window.getSelection()?.isCollapsed !== false) canvas.current?.toggleGroup(line);
    } else if (event.shiftKey && marked) {
      mark({ from: Math.min(marked.from, line), to: Math.max(marked.from, line) });
    } else {
      const isSame = marked?.from === line && marked.to === line;
      mark(isSame ? undefined : { from: line, to: line });
    }
  };
  const onGroupKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    const line = (event.target as HTMLElement).dataset.n;
    if (line && canvas.current?.toggleGroup(Number(line))) event.preventDefault();
  };

  return (
    <section className={styles.view} aria-label={label}>
      <LogToolbar
        title={title}
        label={label}
        errorCount={state.errors.length}
        onNextError={() => goToError(1)}
        markedText={marked && (async () => (await canvas.current?.textOf(marked)) ?? "")}
        rawUrl={rawUrl}
      >
        {search ? (
          <LogSearch
            search={search}
            onText={highlight}
            onFound={(found) =>
              logId === undefined || found.logId === logId ? goTo(found.line) : onElsewhere?.(found)
            }
          />
        ) : null}
      </LogToolbar>
      {state.failure ? (
        <div className={styles.failure}>
          <ErrorBox error={state.failure} onRetry={() => canvas.current?.retry()} />
        </div>
      ) : null}
      {state.isEmpty && !state.failure ? (
        <p className={styles.empty}>
          {source.isGrowing ? "It has written nothing yet." : "It wrote nothing."}
        </p>
      ) : null}
      <div
        ref={box}
        className={styles.scroller}
        role="log"
        aria-live="off"
        aria-label={label}
        tabIndex={0}
        onClick={onClick}
        onKeyDown={onGroupKey}
      />
      {source.isGrowing && !state.isFollowing ? (
        <Button
          className={styles.jump}
          icon={<ArrowDownIcon />}
          title="Follow the end (f)"
          onClick={() => canvas.current?.follow()}
        >
          Follow
        </Button>
      ) : null}
    </section>
  );
}

/** Keys that do something wherever the focus is. */
function useKeys(keys: [key: string, action: () => void][]): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const listener = (event: globalThis.KeyboardEvent) => {
      if (!isForPage(event)) return;
      for (const [key, action] of latest.current) if (key === event.key) action();
    };
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);
}
