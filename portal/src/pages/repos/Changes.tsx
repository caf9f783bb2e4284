import { useState } from "react";
import { type Change, fileChange } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import type { Scope } from "../../api/scope.ts";
import { Card, Chip } from "../../components/Card/Card.tsx";
import { DiffView } from "../../components/DiffView/DiffView.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import styles from "./Changes.module.css";

/** Changed files, each with its difference: the first few open, all on a click. */
export function Changes({
  scope,
  repo,
  changes,
  before,
  after,
}: {
  scope: Scope;
  repo: string;
  changes: readonly Change[];
  before: string | undefined;
  after: string;
}) {
  const files = changes.filter(
    (change) => !change.item.isFolder && change.item.gitObjectType !== "tree",
  );
  if (files.length === 0) return <p>No file changed.</p>;
  return (
    <>
      <p className={styles.count}>
        {files.length === 1 ? "1 file changed" : `${files.length} files changed`}
      </p>
      {files.map((change, index) => (
        <FileChange
          key={change.item.path}
          scope={scope}
          repo={repo}
          change={change}
          before={before}
          after={after}
          isFirst={index < 10}
        />
      ))}
    </>
  );
}

function FileChange({
  scope,
  repo,
  change,
  before,
  after,
  isFirst,
}: {
  scope: Scope;
  repo: string;
  change: Change;
  before: string | undefined;
  after: string;
  isFirst: boolean;
}) {
  const [isOpen, setOpen] = useState(isFirst);
  const kind = change.changeType.split(",")[0]?.trim() ?? "";
  const { path } = change.item;
  return (
    <Card
      title={
        <button
          type="button"
          className={styles.toggle}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? "▾" : "▸"} {path.replace(/^\//, "")} <Chip>{kind}</Chip>
        </button>
      }
      isFlush
    >
      {isOpen ? (
        <Difference
          scope={scope}
          repo={repo}
          path={path}
          oldPath={change.sourceServerItem ?? path}
          before={kind === "add" ? undefined : before}
          after={after}
        />
      ) : null}
    </Card>
  );
}

function Difference(props: {
  scope: Scope;
  repo: string;
  path: string;
  oldPath: string;
  before: string | undefined;
  after: string;
}) {
  const { scope, repo, path, oldPath, before, after } = props;
  const query = useResource(fileChange(scope, repo, { path, oldPath, before, after }));
  return (
    <Loaded query={query} rows={3}>
      {(texts) => <DiffView before={texts.before} after={texts.after} label={path} />}
    </Loaded>
  );
}
