import { useState } from "react";
import { Duration } from "../../../components/Duration/Duration.tsx";
import { SearchField } from "../../../components/FilterBar/FilterBar.tsx";
import { StateIcon } from "../../../components/StateIcon/StateIcon.tsx";
import { isOver } from "../../../text/states.ts";
import type { GraphNode } from "../../api/wire.ts";
import styles from "./Outline.module.css";

/** The nodes of a graph as a list: the same in words, for the keyboard and for finding one. */
export function Outline({
  nodes,
  selected,
  onSelect,
}: {
  nodes: GraphNode[];
  selected: string | undefined;
  onSelect: (node: GraphNode) => void;
}) {
  const [text, setText] = useState("");
  const wanted = text.toLowerCase();
  const shown = nodes.filter(
    (node) => node.kind !== "data" && node.label.toLowerCase().includes(wanted),
  );
  return (
    <nav aria-label="Outline" className={styles.outline}>
      <SearchField value={text} placeholder="Find a node" onChange={setText} />
      <ol>
        {shown.map((node) => (
          <li key={node.id}>
            <button
              type="button"
              aria-current={node.job === selected ? "true" : undefined}
              onClick={() => onSelect(node)}
            >
              <StateIcon state={node.status} size={16} />
              <span className={styles.name}>{node.label}</span>
              <span className={styles.time}>
                <Duration
                  start={node.started}
                  finish={node.finished}
                  isOver={isOver(node.status)}
                />
              </span>
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
