import { Button, Input } from "@fluentui/react-components";
import {
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from "react";
import { setPreference, usePreferences } from "../../app/preferences.ts";
import { isTyping } from "../../app/Shortcuts/chords.ts";
import { type LineRange, lineHash, parseLineHash } from "../../text/logline.ts";
import type { ClockStyle } from "../../text/time.ts";
import { CopyButton } from "../CopyButton/CopyButton.tsx";
import { ErrorBox } from "../ErrorBox/ErrorBox.tsx";
import {
  ArrowDownIcon,
  ArrowDownloadIcon,
  ChevronDownIcon,
  ChevronUpIcon,
  ClockIcon,
  DocumentIcon,
  LinkIcon,
  SearchIcon,
  TextWrapIcon,
} from "../icons.ts";
import { Menu } from "../Menu/Menu.tsx";
import styles from "./LogView.module.css";
import { type CanvasState, LogCanvas } from "./logCanvas.ts";
import type { Found, FoundLine, LogSource } from "./source.ts";

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
  /** Addresses of the whole text, to look at and to save. */
  rawUrl?: string | undefined;
  /** Searches everything that belongs together, not this log alone. */
  search?: (text: string, signal: AbortSignal) => Promise<Found>;
  /** The log's number in what `search` found. */
  logId?: number | undefined;
  /** A found line is in another log. */
  onElsewhere?: (found: FoundLine) => void;
}

const EMPTY: CanvasState = {
  errors: [],
  isFollowing: false,
  failure: undefined,
};

/** A log: all of it, live, searchable, each line with an address. */
export function LogView(props: LogViewProps) {
  const { id, title, label, source, errorLines, startLine, rawUrl, search, logId, onElsewhere } =
    props;
  const { logClock, logTimes, logWrap } = usePreferences();
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<LogCanvas>(undefined);
  const [state, setState] = useState(EMPTY);
  const [selected, setSelected] = useState<LineRange | undefined>();
  const latest = useRef({ source, startLine, clock: logClock, times: logTimes, wrap: logWrap });
  latest.current = { source, startLine, clock: logClock, times: logTimes, wrap: logWrap };

  // A new log is a new canvas; changes of the same log are told to it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `id` names the log
  useEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const { source: log, startLine: start, clock, times, wrap } = latest.current;
    const look = { clock: times ? clock : undefined, wrap };
    const drawn = new LogCanvas(box, log, look, setState);
    canvas.current = drawn;
    const wanted = parseLineHash(window.location.hash);
    setSelected(wanted);
    drawn.select(wanted);
    void drawn.open(wanted?.from ?? start);
    return () => {
      drawn.close();
      canvas.current = undefined;
      setState(EMPTY);
    };
  }, [id]);

  useEffect(() => {
    canvas.current?.setLook({ clock: logTimes ? logClock : undefined, wrap: logWrap });
  }, [logTimes, logClock, logWrap]);

  const isGrowing = source.isGrowing;
  const lineCount = source.lineCount;
  const wasGrowing = useRef(isGrowing);
  useEffect(() => {
    if (wasGrowing.current && !isGrowing) canvas.current?.finish(lineCount);
    wasGrowing.current = isGrowing;
  }, [isGrowing, lineCount]);

  const errorKey = (errorLines ?? []).join(",");
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new log must be told too
  useEffect(() => {
    if (errorKey !== "") canvas.current?.markErrors(errorKey.split(",").map(Number));
  }, [errorKey, id]);

  const choose = (range: LineRange | undefined) => {
    setSelected(range);
    canvas.current?.select(range);
    const { pathname, search: query } = window.location;
    window.history.replaceState(null, "", pathname + query + (range ? lineHash(range) : ""));
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: follows the address, for the log that is shown
  useEffect(() => {
    const onHash = () => {
      const range = parseLineHash(window.location.hash);
      if (range === undefined) return;
      setSelected(range);
      canvas.current?.select(range);
      void canvas.current?.reveal(range.from);
    };
    window.addEventListener("hashchange", onHash);
    return () => window.removeEventListener("hashchange", onHash);
  }, [id]);

  const goTo = (line: number) => {
    choose({ from: line, to: line });
    void canvas.current?.reveal(line);
  };
  const goToError = (direction: 1 | -1) => {
    const next = nextOf(state.errors, selected?.from, direction);
    if (next !== undefined) goTo(next);
  };

  const keys = new Map<string, () => void>([
    ["e", () => goToError(1)],
    ["E", () => goToError(-1)],
    ["f", () => canvas.current?.follow(true)],
    ["w", () => setPreference("logWrap", !logWrap)],
    ["t", () => setPreference("logTimes", !logTimes)],
  ]);
  const onKeys = useRef(keys);
  onKeys.current = keys;
  useEffect(() => {
    const listener = (event: globalThis.KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      onKeys.current.get(event.key)?.();
    };
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);

  const onClick = (event: MouseEvent) => {
    const hit = canvas.current?.lineAt(event.nativeEvent);
    if (hit === undefined) return;
    if (!hit.isNumber) {
      if (window.getSelection()?.isCollapsed !== false) canvas.current?.toggleGroup(hit.line);
    } else if (event.shiftKey && selected) {
      choose({ from: Math.min(selected.from, hit.line), to: Math.max(selected.from, hit.line) });
    } else {
      const isSame = selected?.from === hit.line && selected.to === hit.line;
      choose(isSame ? undefined : { from: hit.line, to: hit.line });
    }
  };
  const onGroupKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    const line = (event.target as HTMLElement).dataset.n;
    if (line && canvas.current?.toggleGroup(Number(line))) event.preventDefault();
  };

  return (
    <section className={styles.view} aria-label={label}>
      <div className={styles.toolbar}>
        <div className={styles.title}>{title}</div>
        {search ? (
          <LogSearch
            search={search}
            onText={(text) => canvas.current?.highlight(text)}
            onFound={(found) =>
              logId === undefined || found.logId === logId ? goTo(found.line) : onElsewhere?.(found)
            }
          />
        ) : null}
        {state.errors.length > 0 ? (
          <Button
            size="small"
            appearance="subtle"
            title="Next error (e), previous error (E)"
            onClick={() => goToError(1)}
          >
            {state.errors.length === 1 ? "1 error" : `${state.errors.length} errors`}
          </Button>
        ) : null}
        {selected ? (
          <>
            <CopyButton
              label="Copy the marked lines"
              text={() => canvas.current?.textOf(selected) ?? ""}
            />
            <CopyAddress />
          </>
        ) : null}
        <Menu
          label="Times"
          icon={<ClockIcon />}
          items={[
            {
              name: "No times",
              isChecked: !logTimes,
              onChoose: () => setPreference("logTimes", false),
            },
            ...(["local", "utc", "relative"] as ClockStyle[]).map((clock) => ({
              name: { local: "Local time", utc: "UTC", relative: "Since the begin" }[clock],
              isChecked: logTimes && logClock === clock,
              onChoose: () => {
                setPreference("logClock", clock);
                setPreference("logTimes", true);
              },
            })),
          ]}
        />
        <Button
          size="small"
          appearance={logWrap ? "secondary" : "subtle"}
          icon={<TextWrapIcon />}
          aria-label="Wrap long lines"
          aria-pressed={logWrap}
          title="Wrap long lines (w)"
          onClick={() => setPreference("logWrap", !logWrap)}
        />
        {rawUrl ? (
          <>
            <Button
              as="a"
              size="small"
              appearance="subtle"
              icon={<DocumentIcon />}
              href={rawUrl}
              target="_blank"
              rel="noopener"
              aria-label="View raw log"
              title="View raw log"
            />
            <Button
              as="a"
              size="small"
              appearance="subtle"
              icon={<ArrowDownloadIcon />}
              href={rawUrl}
              download={`${label.replace(/[^\w.-]+/g, "-")}.log`}
              aria-label="Download log"
              title="Download log"
            />
          </>
        ) : null}
      </div>
      {state.failure ? (
        <div className={styles.failure}>
          <ErrorBox error={state.failure} />
        </div>
      ) : null}
      <div
        ref={scroller}
        className={styles.scroller}
        role="log"
        aria-live="off"
        aria-label={label}
        tabIndex={0}
        onClick={onClick}
        onKeyDown={onGroupKey}
      />
      {isGrowing && !state.isFollowing ? (
        <Button
          className={styles.jump}
          icon={<ArrowDownIcon />}
          onClick={() => canvas.current?.follow(true)}
        >
          Follow
        </Button>
      ) : null}
    </section>
  );
}

function CopyAddress() {
  return (
    <Button
      size="small"
      appearance="subtle"
      icon={<LinkIcon />}
      aria-label="Copy a link to the marked lines"
      title="Copy a link to the marked lines"
      onClick={() => void navigator.clipboard.writeText(window.location.href)}
    />
  );
}

/** The line after (or before) another in a list; at its end it begins anew. */
function nextOf(
  lines: readonly number[],
  from: number | undefined,
  direction: 1 | -1,
): number | undefined {
  const ordered = direction === 1 ? lines : [...lines].reverse();
  const isPast = (line: number) =>
    from === undefined || (direction === 1 ? line > from : line < from);
  return ordered.find(isPast) ?? ordered[0];
}

function LogSearch({
  search,
  onText,
  onFound,
}: {
  search: (text: string, signal: AbortSignal) => Promise<Found>;
  onText: (text: string) => void;
  onFound: (found: FoundLine) => void;
}) {
  const [text, setText] = useState("");
  const [found, setFound] = useState<Found | undefined>();
  const [at, setAt] = useState(-1);
  const [failure, setFailure] = useState("");
  const running = useRef<AbortController>(undefined);
  const latest = useRef({ search, onText, onFound });
  latest.current = { search, onText, onFound };

  useEffect(() => {
    running.current?.abort();
    setFound(undefined);
    setAt(-1);
    setFailure("");
    latest.current.onText(text.length > 1 ? text : "");
    if (text.length < 2) return;
    const controller = new AbortController();
    running.current = controller;
    const timer = setTimeout(() => {
      latest.current.search(text, controller.signal).then(setFound, (error: Error) => {
        if (!controller.signal.aborted) setFailure(error.message);
      });
    }, 250);
    return () => clearTimeout(timer);
  }, [text]);

  const go = (direction: 1 | -1) => {
    const lines = found?.lines ?? [];
    if (lines.length === 0) return;
    const next =
      at < 0
        ? direction === 1
          ? 0
          : lines.length - 1
        : (at + direction + lines.length) % lines.length;
    setAt(next);
    const line = lines[next];
    if (line) latest.current.onFound(line);
  };

  return (
    <search className={styles.search}>
      <Input
        size="small"
        type="search"
        data-search
        contentBefore={<SearchIcon aria-hidden />}
        placeholder="Search the whole job"
        aria-label="Search the whole job"
        value={text}
        onChange={(_, data) => setText(data.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
          if (event.key === "Escape") setText("");
        }}
      />
      {text.length > 1 ? (
        <>
          <span className={styles.count} role="status" title={failure}>
            {failure ? "failed" : found === undefined ? "…" : countOf(found, at)}
          </span>
          <Button
            size="small"
            appearance="subtle"
            icon={<ChevronUpIcon />}
            aria-label="Previous match"
            onClick={() => go(-1)}
          />
          <Button
            size="small"
            appearance="subtle"
            icon={<ChevronDownIcon />}
            aria-label="Next match"
            onClick={() => go(1)}
          />
        </>
      ) : null}
    </search>
  );
}

function countOf(found: Found, at: number): string {
  const count = found.count.toLocaleString();
  if (at >= 0) return `${at + 1} of ${count}`;
  return found.count === 0 ? "no match" : found.count === 1 ? "1 match" : `${count} matches`;
}
