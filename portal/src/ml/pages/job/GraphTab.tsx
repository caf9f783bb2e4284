import { Button } from "@fluentui/react-components";
import { useMemo, useState } from "react";
import { useQueryState } from "../../../app/query.ts";
import { GraphView } from "../../../components/GraphView/GraphView.tsx";
import { streamOf } from "../../api/jobs.ts";
import type { Place } from "../../api/place.ts";
import type { GraphNode, Job } from "../../api/wire.ts";
import { JobError } from "../../components/JobFacts/JobFacts.tsx";
import { Outline } from "../../components/JobGraph/Outline.tsx";
import { drawnInGroups, groupsOf } from "../../text/groups.ts";
import styles from "./GraphTab.module.css";
import { NodePanel } from "./NodePanel.tsx";

/** The graph of a job, the same as a list, and what there is to know of the node that is chosen. */
export function GraphTab({ place, job }: { place: Place; job: Job }) {
  const [query, change] = useQueryState();
  const asked = query.get("node");
  const failed = job.graph.nodes.find((node) => node.job !== null && node.status === "Failed");
  const selected = asked === "none" ? undefined : (asked ?? failed?.job ?? undefined);
  const groups = useMemo(() => groupsOf(job.graph), [job.graph]);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const around = groups.find((group) => group.nodes.some((node) => node.job === selected))?.id;
  const open = useMemo(
    () => (selected && around ? new Set([...opened, around]) : opened),
    [opened, selected, around],
  );
  const graph = useMemo(() => drawnInGroups(job.graph, groups, open), [job.graph, groups, open]);
  const select = (node: GraphNode) => change({ node: node.job ?? undefined });
  const toggle = (id: string) => {
    if (id === around) change({ node: "none" });
    setOpened(
      open.has(id) ? new Set([...open].filter((each) => each !== id)) : new Set([...open, id]),
    );
  };
  const choose = (id: string) => {
    const node = job.graph.nodes.find((known) => known.id === id);
    if (node?.job) select(node);
    else if (node === undefined) toggle(id);
  };
  return (
    <div className={styles.graph}>
      <Outline
        nodes={job.graph.nodes}
        groups={groups}
        open={open}
        selected={selected}
        onSelect={select}
        onToggle={toggle}
      />
      <div className={styles.canvas}>
        {job.error && selected === undefined ? (
          <div className={styles.banner}>
            <JobError code={job.errorCode} message={job.error.split("\n")[0] ?? ""} />
          </div>
        ) : null}
        {groups.length > 0 ? (
          <div className={styles.groups}>
            {job.graph.nodes.length} nodes in {groups.length} groups
            <Button size="small" onClick={() => setOpened(new Set(groups.map(({ id }) => id)))}>
              Open all groups
            </Button>
            <Button
              size="small"
              disabled={open.size === 0}
              onClick={() => {
                if (around) change({ node: "none" });
                setOpened(new Set());
              }}
            >
              Close all groups
            </Button>
          </div>
        ) : null}
        <GraphView
          graph={graph}
          label="Graph of the job"
          selected={job.graph.nodes.find((node) => node.job === selected)?.id}
          onSelect={choose}
        />
      </div>
      {selected ? (
        <NodePanel
          key={selected}
          place={place}
          name={selected}
          stream={streamOf(place, job)}
          onClose={() => change({ node: "none" })}
        />
      ) : null}
    </div>
  );
}
