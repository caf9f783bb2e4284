import { Button } from "@fluentui/react-components";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { createProject, projects } from "../../api/people.ts";
import { useResource } from "../../api/resource.ts";
import { links } from "../../app/links.ts";
import type { PageProps } from "../../app/routes.ts";
import { useSession } from "../../app/session.ts";
import { useAction } from "../../app/useAction.ts";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { AddIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { FormPanel } from "../../components/SidePanel/FormPanel.tsx";
import { useNameFields } from "../nameFields.tsx";
import styles from "./ProjectsPage.module.css";

export default function ProjectsPage({ params }: PageProps) {
  const organization = params.organization ?? "";
  const { account } = useSession();
  const query = useResource(projects(organization));
  const [isCreating, setCreating] = useState(false);
  return (
    <Page
      title={organization}
      crumbs={[]}
      actions={
        account.isAdministrator ? (
          <Button appearance="primary" icon={<AddIcon />} onClick={() => setCreating(true)}>
            New project
          </Button>
        ) : null
      }
    >
      <Loaded query={query}>
        {({ value }) =>
          value.length === 0 ? (
            <EmptyState title="No project yet" command="penstock push">
              A project holds repositories and their pipelines. <code>penstock push</code> in a Git
              repository makes one and puts the repository there.
            </EmptyState>
          ) : (
            <ul className={styles.projects}>
              {value.map((project) => (
                <li key={project.id}>
                  <Link href={links.project({ organization, project: project.name })}>
                    <span className={styles.badge} aria-hidden="true">
                      {project.name.slice(0, 1).toUpperCase()}
                    </span>
                    <span>
                      <strong>{project.name}</strong>
                      <span className={styles.description}>{project.description}</span>
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {isCreating ? (
        <NewProject organization={organization} onClose={() => setCreating(false)} />
      ) : null}
    </Page>
  );
}

function NewProject({ organization, onClose }: { organization: string; onClose: () => void }) {
  const { name, description, fields } = useNameFields("Project name");
  const { act, error, isBusy } = useAction(["projects", "session"]);
  const [, navigate] = useLocation();
  const create = async () => {
    if (await act(() => createProject(organization, { name, description }))) {
      navigate(links.project({ organization, project: name }));
    }
  };
  return (
    <FormPanel
      title="New project"
      submit="Create"
      onSubmit={() => void create()}
      onClose={onClose}
      error={error}
      isDisabled={isBusy || name === ""}
    >
      {fields}
    </FormPanel>
  );
}
