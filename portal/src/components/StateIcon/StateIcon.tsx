import type { ReactNode } from "react";
import { type Look, lookOf } from "../../text/states.ts";
import {
  ArrowSyncCircleIcon,
  CheckmarkCircleIcon,
  CircleIcon,
  ClockIcon,
  DismissCircleIcon,
  NextIcon,
  ProhibitedIcon,
  WarningIcon,
} from "../icons.ts";
import styles from "./StateIcon.module.css";

const icons: Record<Look, typeof ClockIcon> = {
  success: CheckmarkCircleIcon,
  warning: WarningIcon,
  failure: DismissCircleIcon,
  running: ArrowSyncCircleIcon,
  waiting: ClockIcon,
  canceled: ProhibitedIcon,
  skipped: NextIcon,
  unknown: CircleIcon,
};

export interface StateProps {
  state?: string | null | undefined;
  result?: string | null | undefined;
}

/** The picture of a state, named for those who do not see it. */
export function StateIcon({ state, result, size = 18 }: StateProps & { size?: number }) {
  const { look, word } = lookOf(state, result);
  const Icon = icons[look];
  return (
    <span className={`${styles.icon} ${styles[look]}`} role="img" aria-label={word} title={word}>
      <Icon style={{ width: size, height: size }} />
    </span>
  );
}

/** Picture and word together. */
export function StateWord({ state, result, children }: StateProps & { children?: ReactNode }) {
  const { look, word } = lookOf(state, result);
  const Icon = icons[look];
  return (
    <span className={`${styles.word} ${styles[look]}`}>
      <Icon aria-hidden className={look === "running" ? styles.turning : undefined} />
      <span className={styles.text}>{children ?? word}</span>
    </span>
  );
}

/** The stages of a run as a row of small pictures. */
export function StateStrip({ items }: { items: (StateProps & { name: string })[] }) {
  return (
    <span className={styles.strip}>
      {items.map((item, index) => {
        const { look, word } = lookOf(item.state, item.result);
        const Icon = icons[look];
        return (
          <span
            key={index}
            role="img"
            aria-label={`${item.name}: ${word}`}
            title={`${item.name}: ${word}`}
            className={`${styles.icon} ${styles[look]}`}
          >
            <Icon style={{ width: 18, height: 18 }} />
          </span>
        );
      })}
    </span>
  );
}
