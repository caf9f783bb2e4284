import { Link } from "wouter";
import { useResource } from "../../api/resource.ts";
import type { PageProps } from "../../app/routes.ts";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { Table, TwoLines } from "../../components/Table/Table.tsx";
import { workspaces } from "../api/assets.ts";
import { placeOf } from "../api/place.ts";
import { mlLinks } from "../links.ts";

export default function WorkspacesPage(_: PageProps) {
  const query = useResource(workspaces());
  return (
    <Page title="Machine Learning" crumbs={[]}>
      <Loaded query={query}>
        {(found) =>
          found.length === 0 ? (
            <EmptyState
              title="No workspace yet"
              command="penstock az ml workspace create --name dev-ml-ws --resource-group dev-ml-rg"
            >
              A workspace holds jobs, data, environments and models. The first <code>az ml</code>{" "}
              command that names one under <code>.penstock/workspaces</code> makes it too.
            </EmptyState>
          ) : (
            <Table
              label="Workspaces"
              rows={found}
              rowKey={(workspace) => workspace.id}
              columns={[
                {
                  name: "Workspace",
                  cell: (workspace) => {
                    const place = placeOf(workspace.id);
                    return (
                      <TwoLines
                        first={
                          place ? (
                            <Link href={mlLinks.jobs(place)}>{workspace.name}</Link>
                          ) : (
                            workspace.name
                          )
                        }
                        second={workspace.properties.description}
                      />
                    );
                  },
                },
                { name: "Resource group", cell: (workspace) => placeOf(workspace.id)?.group },
                { name: "Location", cell: (workspace) => workspace.location },
              ]}
            />
          )
        }
      </Loaded>
    </Page>
  );
}
