import { Link } from "wouter";
import { useResource } from "../../api/resource.ts";
import { MissingPage } from "../../app/MissingPage.tsx";
import type { PageProps } from "../../app/routes.ts";
import { Age } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Table, TwoLines } from "../../components/Table/Table.tsx";
import { type AssetKind, assets } from "../api/assets.ts";
import type { Place } from "../api/place.ts";
import { InWorkspace, StudioPage } from "../components/StudioPage/StudioPage.tsx";
import { mlLinks } from "../links.ts";
import { ASSETS, isAssetKind, textOf } from "./assetWords.ts";

export default function AssetsPage({ params }: PageProps) {
  const kind = params.kind ?? "";
  if (!isAssetKind(kind)) return <MissingPage />;
  return <InWorkspace>{(place) => <Assets place={place} kind={kind} />}</InWorkspace>;
}

function Assets({ place, kind }: { place: Place; kind: AssetKind }) {
  const words = ASSETS[kind];
  const query = useResource(assets(place, kind));
  return (
    <StudioPage place={place} part={kind} title={words.title}>
      <Loaded query={query}>
        {({ value }) =>
          value.length === 0 ? (
            <EmptyState title={words.none} command={words.command(place)}>
              {words.about}
            </EmptyState>
          ) : (
            <Table
              label={words.title}
              rows={value}
              rowKey={(asset) => asset.name}
              columns={[
                {
                  name: "Name",
                  cell: (asset) => (
                    <TwoLines
                      first={
                        <Link href={mlLinks.asset(place, kind, asset.name)}>{asset.name}</Link>
                      }
                      second={textOf(asset.properties.description)}
                    />
                  ),
                },
                { name: "Latest version", cell: (asset) => textOf(asset.properties.latestVersion) },
                {
                  name: "Changed",
                  cell: (asset) => <Age time={asset.systemData?.lastModifiedAt} />,
                },
              ]}
            />
          )
        }
      </Loaded>
    </StudioPage>
  );
}
