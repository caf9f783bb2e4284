import { type ReactNode, useState } from "react";
import { Duration } from "../../../components/Duration/Duration.tsx";
import { SearchField } from "../../../components/FilterBar/FilterBar.tsx";
import { StateIcon } from "../../../components/StateIcon/StateIcon.tsx";
import { isOver } from "../../../text/states.ts";
import type { GraphNode } from "../../api/wire.ts";
import { type Group, stateOf } from "../../text/groups.ts";
import styles from "./Outline.module.css";

/** Rows that are passed over together while they are out of sight. */
const TOGETHER = 25;
/** More nodes than this are not listed for a word that was typed. */
const MOST_FOUND = 200;

/**
 * The nodes of a graph as a list: the same in words, for the keyboard and for finding one. Of a graph
 * in groups the groups, which open here as they do in the graph.
 */
export function Outline({
  nodes,
  groups,
  open,
  selected,
  onSelect,
  onToggle,
}: {
  nodes: GraphNode[];
  groups: Group[];
  open: ReadonlySet<string>;
  selected: string | undefined;
  onSelect: (node: GraphNode) => void;
  onToggle: (group: string) => void;
}) {
  const [text, setText] = useState("");
  const wanted = text.toLowerCase();
  const found = nodes.filter(
    (node) => node.kind !== "data" && node.label.toLowerCase().includes(wanted),
  );
  const row = (node: GraphNode) => (
    <Row
      key={node.id}
      state={node.status}
      label={node.label}
      isCurrent={node.job !== null && node.job === selected}
      onClick={() => onSelect(node)}
    >
      <Duration start={node.started} finish={node.finished} isOver={isOver(node.status)} />
    </Row>
  );
  const inGroups = () => {
    const first = new Map(groups.map((group) => [group.nodes[0]?.id, group]));
    const grouped = new Set(groups.flatMap((group) => group.nodes));
    return nodes.flatMap((node) => {
      const group = first.get(node.id);
      if (group === undefined) return grouped.has(node) || node.kind === "data" ? [] : [row(node)];
      const isOpen = open.has(group.id);
      return [
        <Row
          key={group.id}
          state={group.nodes[0]?.kind === "data" ? "data" : stateOf(group)}
          label={group.label}
          isOpen={isOpen}
          onClick={() => onToggle(group.id)}
        >
          {group.nodes.length}
        </Row>,
        ...(isOpen ? group.nodes.map(row) : []),
      ];
    });
  };
  const isGrouped = groups.length > 0 && wanted === "";
  const isLong = groups.length > 0 && found.length > MOST_FOUND;
  const rows = isGrouped ? inGroups() : (isLong ? found.slice(0, MOST_FOUND) : found).map(row);
  return (
    <nav aria-label="Outline" className={styles.outline}>
      <SearchField value={text} placeholder="Find a node" onChange={setText} />
      <div role="list" className={styles.list}>
        {Array.from({ length: Math.ceil(rows.length / TOGETHER) }, (_, block) => (
          <div key={block} role="presentation" className={styles.block}>
            {rows.slice(block * TOGETHER, (block + 1) * TOGETHER)}
          </div>
        ))}
      </div>
      {isLong && !isGrouped ? (
        <p>{found.length - MOST_FOUND} more: type more of the name.</p>
      ) : null}
    </nav>
  );
}

function Row({
  state,
  label,
  isCurrent = false,
  isOpen,
  onClick,
  children,
}: {
  state: string | null;
  label: string;
  isCurrent?: boolean;
  /** Of a group: whether its nodes are shown. */
  isOpen?: boolean;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <div role="listitem">
      <button
        type="button"
        aria-current={isCurrent ? "true" : undefined}
        aria-expanded={isOpen}
        onClick={onClick}
      >
        <StateIcon state={state} size={16} />
        <span className={styles.name}>{label}</span>
        <span className={styles.time}>{children}</span>
      </button>
    </div>
  );
}
