import { Button } from "@fluentui/react-components";
import { type FormEvent, type ReactNode, useEffect, useId, useRef } from "react";
import { DismissIcon } from "../icons.ts";
import styles from "./SidePanel.module.css";

export interface SidePanelProps {
  title: ReactNode;
  onClose: () => void;
  children: ReactNode;
  /** Buttons at the bottom; with `onSubmit` the panel is a form, and a submit button sends it. */
  footer?: ReactNode;
  onSubmit?: () => void;
  size?: "normal" | "wide";
  /** `centre`: a dialog that asks one question. */
  place?: "right" | "centre";
}

const FIELDS = "input:enabled, textarea:enabled, select:enabled";

/**
 * A panel over the page, at its right edge. Mounted means open: the first field has the focus, the
 * browser holds it inside, Escape closes the panel, and the focus goes back to where it was.
 */
export function SidePanel(props: SidePanelProps) {
  const { title, onClose, children, footer, onSubmit, size = "normal", place = "right" } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  /** A text that is marked from the inside to the outside ends with a click there. */
  const isPressedOutside = useRef(false);
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    if (element && !element.open) {
      element.showModal();
      // The browser begins at the button that closes it.
      element.querySelector<HTMLElement>(`.${styles.body} :is(${FIELDS})`)?.focus();
    }
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit?.();
  };
  const body = (
    <>
      <header className={styles.header}>
        <h2 id={titleId}>{title}</h2>
        <Button appearance="subtle" icon={<DismissIcon />} aria-label="Close" onClick={onClose} />
      </header>
      <div className={styles.body}>{children}</div>
      {footer ? <footer className={styles.footer}>{footer}</footer> : null}
    </>
  );
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      className={`${styles.panel} ${styles[size]} ${styles[place]}`}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        isPressedOutside.current = event.target === dialog.current;
      }}
      onClick={(event) => {
        if (event.target === dialog.current && isPressedOutside.current) onClose();
      }}
    >
      {onSubmit ? (
        <form className={styles.inner} onSubmit={submit}>
          {body}
        </form>
      ) : (
        <div className={styles.inner}>{body}</div>
      )}
    </dialog>
  );
}
