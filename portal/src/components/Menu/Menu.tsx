import { Button } from "@fluentui/react-components";
import {
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { MoreHorizontalIcon } from "../icons.ts";
import styles from "./Menu.module.css";

export interface MenuItem {
  name: string;
  icon?: ReactElement;
  onChoose: () => void;
  isChecked?: boolean;
  isDisabled?: boolean;
}

/** A button that opens a list of things to do. Arrow keys move, Escape closes. */
export function Menu({
  label,
  items,
  icon = <MoreHorizontalIcon />,
  children,
  head,
}: {
  label: string;
  items: (MenuItem | "line")[];
  icon?: ReactElement;
  children?: ReactNode;
  head?: ReactNode;
}) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement & HTMLAnchorElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const close = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", close);
    box.current?.querySelector<HTMLElement>('[role^="menuitem"]:not([disabled])')?.focus();
    return () => document.removeEventListener("pointerdown", close);
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div className={styles.anchor} ref={box}>
      <Button
        ref={button}
        appearance="subtle"
        icon={icon}
        aria-label={children ? undefined : label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        {children}
      </Button>
      {isOpen ? (
        <div className={styles.popup}>
          {head}
          <div
            id={id}
            role="menu"
            aria-label={label}
            tabIndex={-1}
            onKeyDown={(event) => onKey(event, close)}
          >
            {items.map((item, index) =>
              item === "line" ? (
                <hr key={index} className={styles.line} />
              ) : (
                <button
                  key={item.name}
                  type="button"
                  role={item.isChecked === undefined ? "menuitem" : "menuitemradio"}
                  aria-checked={item.isChecked}
                  disabled={item.isDisabled}
                  className={styles.item}
                  onClick={() => {
                    close();
                    item.onChoose();
                  }}
                >
                  <span className={styles.icon}>{item.icon ?? (item.isChecked ? "✓" : "")}</span>
                  {item.name}
                </button>
              ),
            )}
          </div>
        </div>
      ) : null}
    </div>
  );
}

function onKey(event: KeyboardEvent<HTMLElement>, close: () => void): void {
  const items = [
    ...event.currentTarget.querySelectorAll<HTMLElement>('[role^="menuitem"]:not([disabled])'),
  ];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const moves: Record<string, number> = {
    ArrowDown: (at + 1) % items.length,
    ArrowUp: (at - 1 + items.length) % items.length,
    Home: 0,
    End: items.length - 1,
  };
  const next = moves[event.key];
  if (event.key === "Escape" || event.key === "Tab") close();
  else if (next === undefined) return;
  else items[next]?.focus();
  event.preventDefault();
  event.stopPropagation();
}
