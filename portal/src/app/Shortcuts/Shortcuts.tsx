import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import type { Scope } from "../../api/scope.ts";
import { SidePanel } from "../../components/SidePanel/SidePanel.tsx";
import { links } from "../links.ts";
import { type Chord, type ChordState, isForPage, pressKey } from "./chords.ts";
import styles from "./Shortcuts.module.css";

interface Shortcut extends Chord {
  /** Absent: something else listens for the key; the list only names it. */
  run?: () => void;
}

const OPEN = "penstock:shortcuts";

/** Show the list of shortcuts. */
export function openShortcuts(): void {
  window.dispatchEvent(new Event(OPEN));
}

function focusSearch(): void {
  document.querySelector<HTMLElement>("[data-search]:is(input), [data-search] input")?.focus();
}

/** The keys of the whole portal, and the panel that lists them. */
export function Shortcuts({ scope }: { scope: Scope | undefined }) {
  const [isOpen, setOpen] = useState(false);
  const [, navigate] = useLocation();
  const chord = useRef<ChordState>({ pressed: "", at: 0 });
  const shortcuts: Shortcut[] = [
    { keys: "?", name: "Show these shortcuts", run: () => setOpen(true) },
    { keys: "Ctrl+K", name: "Go to a pipeline, a repository or a page by its name" },
    { keys: "/", name: "Search or filter", run: focusSearch },
    { keys: "g h", name: "Go to all projects", run: () => navigate("/") },
    { keys: "g m", name: "Go to Machine Learning", run: () => navigate("/ml") },
    ...(scope
      ? [
          { keys: "g o", name: "Go to the overview", run: () => navigate(links.project(scope)) },
          { keys: "g c", name: "Go to the code", run: () => navigate(links.repositories(scope)) },
          { keys: "g p", name: "Go to the pipelines", run: () => navigate(links.pipelines(scope)) },
          {
            keys: "g r",
            name: "Go to the runs",
            run: () => navigate(links.pipelines(scope, "runs")),
          },
          {
            keys: "g e",
            name: "Go to the environments",
            run: () => navigate(links.environments(scope)),
          },
          { keys: "g l", name: "Go to the library", run: () => navigate(links.library(scope)) },
          {
            keys: "g a",
            name: "Go to the agent pools",
            run: () => navigate(links.settings(scope, "agentqueues")),
          },
          { keys: "g s", name: "Go to the settings", run: () => navigate(links.settings(scope)) },
        ]
      : []),
    { keys: "e", name: "In a log: next error" },
    { keys: "E", name: "In a log: previous error" },
    { keys: "f", name: "In a log: follow the end" },
    { keys: "w", name: "In a log: wrap long lines" },
    { keys: "t", name: "In a log: show times" },
  ];
  const active = useRef(shortcuts);
  active.current = shortcuts;

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!isForPage(event)) return;
      const listening = active.current.filter((shortcut) => shortcut.run);
      const step = pressKey(chord.current, event.key, event.timeStamp, listening);
      chord.current = step.state;
      if (!step.done) return;
      event.preventDefault();
      (step.done as Shortcut).run?.();
    };
    const onOpen = () => setOpen(true);
    document.addEventListener("keydown", onKey);
    window.addEventListener(OPEN, onOpen);
    return () => {
      document.removeEventListener("keydown", onKey);
      window.removeEventListener(OPEN, onOpen);
    };
  }, []);

  if (!isOpen) return null;
  return (
    <SidePanel title="Keyboard shortcuts" onClose={() => setOpen(false)}>
      <dl className={styles.list}>
        {shortcuts.map(({ keys, name }) => (
          <div key={keys} className={styles.row}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{name}</dd>
          </div>
        ))}
      </dl>
    </SidePanel>
  );
}
