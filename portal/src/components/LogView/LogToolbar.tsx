import { Button } from "@fluentui/react-components";
import type { ReactNode } from "react";
import { setPreference, usePreferences } from "../../app/preferences.ts";
import type { ClockStyle } from "../../text/time.ts";
import { CopyButton } from "../CopyButton/CopyButton.tsx";
import { ArrowDownloadIcon, ClockIcon, DocumentIcon, LinkIcon, TextWrapIcon } from "../icons.ts";
import { Menu } from "../Menu/Menu.tsx";
import styles from "./LogView.module.css";

const CLOCKS: [ClockStyle, string][] = [
  ["local", "Local time"],
  ["utc", "UTC"],
  ["relative", "Since the begin"],
];

/** What can be done with a log: search it, go to its errors, copy from it, change its look, save it. */
export function LogToolbar({
  title,
  label,
  children,
  errorCount,
  onNextError,
  markedText,
  rawUrl,
}: {
  title: ReactNode;
  label: string;
  /** The search. */
  children: ReactNode;
  errorCount: number;
  onNextError: () => void;
  /** Given while lines are marked. */
  markedText: (() => Promise<string>) | undefined;
  rawUrl: string | undefined;
}) {
  return (
    <div className={styles.toolbar}>
      <div className={styles.title}>{title}</div>
      {children}
      {errorCount > 0 ? (
        <Button
          size="small"
          appearance="subtle"
          title="Next error (e), previous error (E)"
          onClick={onNextError}
        >
          {errorCount === 1 ? "1 error" : `${errorCount.toLocaleString()} errors`}
        </Button>
      ) : null}
      {markedText ? (
        <>
          <CopyButton label="Copy the marked lines" text={markedText} />
          <CopyButton
            label="Copy a link to the marked lines"
            icon={<LinkIcon />}
            text={() => window.location.href}
          />
        </>
      ) : null}
      <LookButtons />
      {rawUrl ? <RawButtons url={rawUrl} label={label} /> : null}
    </div>
  );
}

function LookButtons() {
  const { logClock, logTimes, logWrap } = usePreferences();
  return (
    <>
      <Menu
        label="Times"
        icon={<ClockIcon />}
        items={[
          {
            name: "No times",
            isChecked: !logTimes,
            onChoose: () => setPreference("logTimes", false),
          },
          ...CLOCKS.map(([clock, name]) => ({
            name,
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
    </>
  );
}

function RawButtons({ url, label }: { url: string; label: string }) {
  return (
    <>
      <Button
        as="a"
        size="small"
        appearance="subtle"
        icon={<DocumentIcon />}
        href={url}
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
        href={url}
        download={`${label.replace(/[^\w.-]+/g, "-")}.log`}
        aria-label="Download log"
        title="Download log"
      />
    </>
  );
}
