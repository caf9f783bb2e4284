import { Link } from "wouter";
import { useResource } from "../../api/resource.ts";
import type { PageProps } from "../../app/routes.ts";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Table } from "../../components/Table/Table.tsx";
import { computes } from "../api/assets.ts";
import type { Place } from "../api/place.ts";
import type { Resource } from "../api/wire.ts";
import { InWorkspace, StudioPage } from "../components/StudioPage/StudioPage.tsx";
import { mlLinks } from "../links.ts";
import { az } from "../text/commands.ts";
import { textOf } from "./assetWords.ts";

export default function ComputePage(_: PageProps) {
  return <InWorkspace>{(place) => <Computes place={place} />}</InWorkspace>;
}

function Computes({ place }: { place: Place }) {
  const query = useResource(computes(place));
  return (
    <StudioPage place={place} part="compute" title="Compute">
      <Loaded query={query}>
        {({ value }) =>
          value.length === 0 ? (
            <EmptyState
              title="No compute yet"
              command={az(
                place,
                "compute create --name cpu-cluster --type amlcompute --max-instances 2",
              )}
            >
              Jobs that name no compute run on this machine as <code>local</code> or{" "}
              <code>serverless</code>. Any other name must exist here.
            </EmptyState>
          ) : (
            <Table
              label="Compute"
              rows={value}
              rowKey={(compute) => compute.name}
              columns={[
                { name: "Name", cell: (compute) => compute.name },
                { name: "Type", cell: (compute) => textOf(compute.properties.computeType) },
                { name: "Size", cell: (compute) => textOf(inner(compute).vmSize) },
                { name: "Nodes at most", align: "end", cell: nodesOf },
                { name: "State", cell: (compute) => textOf(compute.properties.provisioningState) },
                {
                  name: "Jobs",
                  cell: ({ name }) => (
                    <>
                      <Link href={mlLinks.jobs(place, { compute: name, status: "Running" })}>
                        Running
                      </Link>
                      {", "}
                      <Link href={mlLinks.jobs(place, { compute: name })}>all</Link>
                    </>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
    </StudioPage>
  );
}

function inner(compute: Resource): Record<string, unknown> {
  return (compute.properties.properties ?? {}) as Record<string, unknown>;
}

function nodesOf(compute: Resource): string {
  const scale = inner(compute).scaleSettings as { maxNodeCount?: number } | undefined;
  return textOf(scale?.maxNodeCount);
}
