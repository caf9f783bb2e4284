import type { ReactNode } from "react";
import { Link } from "wouter";
import { useResource } from "../../api/resource.ts";
import { MissingPage } from "../../app/MissingPage.tsx";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { Card, Chip } from "../../components/Card/Card.tsx";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { Age } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ChoiceField, FilterBar } from "../../components/FilterBar/FilterBar.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { PropertyGrid } from "../../components/PropertyGrid/PropertyGrid.tsx";
import { Table } from "../../components/Table/Table.tsx";
import { formatSize } from "../../text/time.ts";
import { type AssetKind, preview, versions } from "../api/assets.ts";
import type { Place } from "../api/place.ts";
import type { DataPreview, Resource } from "../api/wire.ts";
import { InWorkspace, StudioPage } from "../components/StudioPage/StudioPage.tsx";
import { mlLinks } from "../links.ts";
import { ASSETS, isAssetKind, textOf } from "./assetWords.ts";

export default function AssetPage({ params }: PageProps) {
  const kind = params.kind ?? "";
  if (!isAssetKind(kind)) return <MissingPage />;
  return (
    <InWorkspace>
      {(place) => <Asset place={place} kind={kind} name={params.name ?? ""} />}
    </InWorkspace>
  );
}

function Asset({ place, kind, name }: { place: Place; kind: AssetKind; name: string }) {
  const [query, change] = useQueryState();
  const found = useResource(versions(place, kind, name));
  return (
    <StudioPage
      place={place}
      part={kind}
      title={name}
      crumbs={[{ name: ASSETS[kind].title, href: mlLinks.assets(place, kind) }]}
    >
      <Loaded query={found}>
        {({ value }) => {
          const asked = query.get("version");
          const shown = asked ? value.find((version) => version.name === asked) : value[0];
          return (
            <>
              <FilterBar>
                <ChoiceField
                  label="Latest version"
                  value={asked ?? ""}
                  choices={value.map((version) => [version.name, `Version ${version.name}`])}
                  onChange={(version) => change({ version })}
                />
              </FilterBar>
              {shown ? (
                <Version place={place} kind={kind} name={name} version={shown} />
              ) : (
                <EmptyState
                  title={asked ? `There is no version ${asked}` : "There is no version"}
                />
              )}
            </>
          );
        }}
      </Loaded>
    </StudioPage>
  );
}

function Version({
  place,
  kind,
  name,
  version,
}: {
  place: Place;
  kind: AssetKind;
  name: string;
  version: Resource;
}) {
  const { properties } = version;
  const job = textOf(properties.jobName);
  return (
    <>
      <Card title={`Version ${version.name}`}>
        <PropertyGrid
          items={[
            ["Description", textOf(properties.description) || undefined],
            ["Type", textOf(properties.dataType ?? properties.modelType) || undefined],
            ["Place", textOf(properties.dataUri ?? properties.modelUri) || undefined],
            ["Image", textOf(properties.image) || undefined],
            [
              "From job",
              job ? (
                <Link key="job" href={mlLinks.job(place, job)}>
                  {job}
                </Link>
              ) : undefined,
            ],
            ["Tags", tagsOf(version)],
            ["Created", <Age key="created" time={version.systemData?.createdAt} />],
          ]}
        />
      </Card>
      {kind === "environments" && properties.condaFile ? (
        <Card title="Packages">
          <CodeBlock text={textOf(properties.condaFile)} language="yaml" />
        </Card>
      ) : null}
      {kind === "components" ? (
        <Card title="Specification">
          <CodeBlock text={JSON.stringify(properties.componentSpec, null, 2)} />
        </Card>
      ) : null}
      {kind === "data" ? <Preview place={place} name={name} version={version.name} /> : null}
      <Card title="Use it">
        <CodeBlock text={sampleOf(kind, name, version)} language="yaml" />
      </Card>
    </>
  );
}

function tagsOf({ properties }: Resource): ReactNode {
  const tags = Object.entries((properties.tags ?? {}) as Record<string, unknown>);
  if (tags.length === 0) return undefined;
  return tags.map(([tag, value]) => (
    <Chip key={tag}>{value ? `${tag}: ${String(value)}` : tag}</Chip>
  ));
}

/** How a job names the version. */
function sampleOf(kind: AssetKind, name: string, { name: version, properties }: Resource): string {
  const reference = `azureml:${name}:${version}`;
  if (kind === "environments") return `environment: ${reference}`;
  if (kind === "components") return `component: ${reference}`;
  const type = textOf(properties.dataType ?? properties.modelType);
  return `inputs:\n  ${kind === "models" ? "model" : "data"}:\n    type: ${type}\n    path: ${reference}`;
}

function Preview({ place, name, version }: { place: Place; name: string; version: string }) {
  const query = useResource(preview(place, name, version));
  return (
    <Card title="Preview" isFlush={query.data?.kind === "table"}>
      <Loaded query={query}>{(found) => <PreviewContent found={found} />}</Loaded>
    </Card>
  );
}

function PreviewContent({ found }: { found: DataPreview }) {
  switch (found.kind) {
    case "table":
      return (
        <>
          <Table
            label="First rows"
            rows={found.rows.map((cells, index) => ({ cells, index }))}
            rowKey={(row) => row.index}
            columns={found.columns.map((column, index) => ({
              name: column,
              cell: ({ cells }: { cells: string[]; index: number }) => cells[index],
            }))}
          />
          {found.isWhole ? null : <Rest text={`The first ${found.rows.length} rows.`} />}
        </>
      );
    case "text":
      return (
        <>
          <CodeBlock text={found.lines.join("\n")} numbers />
          {found.isWhole ? null : <Rest text={`The first ${found.lines.length} lines.`} />}
        </>
      );
    case "folder":
      return (
        <>
          <Table
            label="Files"
            rows={found.files}
            rowKey={(file) => file.path}
            columns={[
              { name: "File", cell: (file) => file.path },
              { name: "Size", align: "end", cell: (file) => formatSize(file.size) },
            ]}
          />
          <Rest text={`${found.count}${found.isWhole ? "" : " or more"} files.`} />
        </>
      );
    case "none":
      return <Rest text={`There is no preview: ${found.reason}.`} />;
  }
}

function Rest({ text }: { text: string }) {
  return <p style={{ padding: "8px 16px", color: "var(--text-soft)" }}>{text}</p>;
}
