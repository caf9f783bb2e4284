import { Link } from "wouter";
import type { Scope } from "../../api/scope.ts";
import type { RunPage } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { Card } from "../../components/Card/Card.tsx";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import styles from "./RunPage.module.css";

/** Why a run could not begin: its YAML could not be read. */
export function Problem({
  scope,
  pipeline,
  problem: { text, diagnostics },
}: {
  scope: Scope;
  pipeline: number;
  problem: NonNullable<RunPage["problem"]>;
}) {
  return (
    <Card title="The pipeline could not be read">
      <div className={styles.problem}>
        {diagnostics.length > 0 ? (
          diagnostics.map((diagnostic) => (
            <CodeBlock
              key={`${diagnostic.file}:${diagnostic.line}:${diagnostic.column}:${diagnostic.code}`}
              text={diagnostic.text}
              label={diagnostic.message}
            />
          ))
        ) : (
          <CodeBlock text={text} />
        )}
        <Link href={links.editor(scope, pipeline)}>Edit the pipeline</Link>
      </div>
    </Card>
  );
}
