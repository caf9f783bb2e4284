import { Button, Input } from "@fluentui/react-components";
import { useEffect, useRef, useState } from "react";
import { ChevronDownIcon, ChevronUpIcon, SearchIcon } from "../icons.ts";
import styles from "./LogView.module.css";
import { placeOf } from "./places.ts";
import type { Found, FoundLine } from "./source.ts";

/** Shorter texts are nearly everywhere. */
const SHORTEST = 2;
const REST_MS = 250;

/** A field that searches everything that belongs together, and goes from match to match. */
export function LogSearch({
  search,
  onText,
  onFound,
}: {
  search: (text: string, signal: AbortSignal) => Promise<Found>;
  /** What is looked for, as it is typed; empty for nothing. */
  onText: (text: string) => void;
  onFound: (found: FoundLine) => void;
}) {
  const [text, setText] = useState("");
  const [found, setFound] = useState<Found | undefined>();
  const [at, setAt] = useState(-1);
  const [failure, setFailure] = useState("");
  /** Enter before the answer is there: the first match, or the last, is gone to when it comes. */
  const wish = useRef<1 | -1 | undefined>(undefined);

  const goFrom = (from: number, among: Found, direction: 1 | -1) => {
    const { lines } = among;
    const next = from < 0 && direction < 0 ? lines.length - 1 : (from + direction) % lines.length;
    const line = lines.at(next);
    if (line === undefined) return;
    setAt((next + lines.length) % lines.length);
    onFound(line);
  };
  const go = (direction: 1 | -1) => {
    if (found === undefined) wish.current = direction;
    else goFrom(at, found, direction);
  };
  const latest = useRef({ search, onText, goFrom });
  latest.current = { search, onText, goFrom };

  useEffect(() => {
    setFound(undefined);
    setAt(-1);
    setFailure("");
    wish.current = undefined;
    latest.current.onText(text.length < SHORTEST ? "" : text);
    if (text.length < SHORTEST) return;
    const abort = new AbortController();
    const ask = async () => {
      try {
        const answer = await latest.current.search(text, abort.signal);
        setFound(answer);
        if (wish.current) latest.current.goFrom(-1, answer, wish.current);
      } catch (error) {
        if (!abort.signal.aborted) setFailure((error as Error).message);
      }
    };
    const timer = setTimeout(() => void ask(), REST_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text]);

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
      {text.length < SHORTEST ? null : (
        <>
          <span className={styles.count} role="status">
            {failure || (found === undefined ? "…" : placeOf(found, at))}
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
      )}
    </search>
  );
}
