import { Button, Field, Input } from "@fluentui/react-components";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { createRepository, repositories } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { shortBranch } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import { links } from "../../app/links.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf, useMay } from "../../app/session.ts";
import { useAction } from "../../app/useAction.ts";
import { Chip } from "../../components/Card/Card.tsx";
import { CopyButton } from "../../components/CopyButton/CopyButton.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { AddIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { FormPanel } from "../../components/SidePanel/FormPanel.tsx";
import { Table } from "../../components/Table/Table.tsx";

export default function RepositoriesPage({ params }: PageProps) {
  const scope = scopeOf(params);
  const query = useResource(repositories(scope));
  const mayEdit = useMay(scope, "contributor");
  const [isCreating, setCreating] = useState(false);
  return (
    <Page
      title="Repos"
      crumbs={[{ name: scope.project, href: links.project(scope) }]}
      actions={
        mayEdit ? (
          <Button appearance="primary" icon={<AddIcon />} onClick={() => setCreating(true)}>
            New repository
          </Button>
        ) : null
      }
    >
      <Loaded query={query}>
        {({ value }) =>
          value.length === 0 ? (
            <EmptyState title="No repository yet" command="penstock push">
              Run this in a Git repository: it makes one here and pushes its branches.
            </EmptyState>
          ) : (
            <Table
              label="Repositories"
              rows={value}
              rowKey={(repo) => repo.id}
              columns={[
                {
                  name: "Name",
                  width: "26%",
                  cell: (repo) => (
                    <strong>
                      <Link href={links.files(scope, repo.name)}>{repo.name}</Link>
                    </strong>
                  ),
                },
                {
                  name: "Default branch",
                  width: "18%",
                  cell: (repo) =>
                    repo.defaultBranch ? <Chip>{shortBranch(repo.defaultBranch)}</Chip> : "empty",
                },
                {
                  name: "Clone address",
                  cell: (repo) => (
                    <span>
                      <code>{repo.remoteUrl}</code>{" "}
                      <CopyButton
                        text={repo.remoteUrl}
                        label={`Copy the address of ${repo.name}`}
                      />
                    </span>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
      {isCreating ? <NewRepository scope={scope} onClose={() => setCreating(false)} /> : null}
    </Page>
  );
}

function NewRepository({ scope, onClose }: { scope: Scope; onClose: () => void }) {
  const [name, setName] = useState("");
  const { act, error, isBusy } = useAction(["repositories"]);
  const [, navigate] = useLocation();
  const create = () =>
    act(async () => {
      const made = await createRepository(scope, name);
      navigate(links.files(scope, made.name));
    });
  return (
    <FormPanel
      title="New repository"
      submit="Create"
      onSubmit={() => void create()}
      onClose={onClose}
      error={error}
      isDisabled={isBusy || name.trim() === ""}
    >
      <Field label="Repository name" required>
        <Input value={name} onChange={(_, data) => setName(data.value)} />
      </Field>
    </FormPanel>
  );
}
