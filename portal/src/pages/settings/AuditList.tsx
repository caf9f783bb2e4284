import { Button } from "@fluentui/react-components";
import { useState } from "react";
import { audit } from "../../api/people.ts";
import { useResource } from "../../api/resource.ts";
import type { AuditEntry } from "../../api/wire.ts";
import { Age } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Table } from "../../components/Table/Table.tsx";
import styles from "./Settings.module.css";

/** Who did what, newest first: on the whole server, or in one project (by its id). */
export function AuditList({ organization, project }: { organization: string; project?: string }) {
  const [pages, setPages] = useState<string[]>([]);
  const query = useResource(audit(organization, { project, continuationToken: pages.at(-1) }));
  return (
    <Loaded query={query} rows={8}>
      {({ value, continuationToken }) =>
        value.length === 0 ? (
          <EmptyState title="Nothing was recorded yet" />
        ) : (
          <>
            <Table
              label="Audit log"
              rows={value}
              rowKey={(entry) => entry.id}
              columns={[
                { name: "When", width: "120px", cell: (entry) => <Age time={entry.at} /> },
                {
                  name: "Who",
                  width: "16%",
                  cell: (entry) => entry.actor.userName,
                },
                {
                  name: "What",
                  width: "20%",
                  cell: (entry) => <code>{entry.action}</code>,
                },
                { name: "Details", cell: (entry) => detailsOf(entry) },
                { name: "From", width: "120px", cell: (entry) => entry.address },
              ]}
            />
            <div className={styles.pages}>
              {pages.length > 0 ? (
                <Button onClick={() => setPages(pages.slice(0, -1))}>Newer</Button>
              ) : null}
              {continuationToken ? (
                <Button onClick={() => setPages([...pages, continuationToken])}>Older</Button>
              ) : null}
            </div>
          </>
        )
      }
    </Loaded>
  );
}

function detailsOf({ subject, details }: AuditEntry): string {
  const facts = Object.entries(details).map(([name, value]) => `${name}: ${String(value)}`);
  return [subject, facts.join(", ")].filter(Boolean).join(" · ");
}
