import type { ReactNode } from "react";
import { Link } from "wouter";
import { useQueryState } from "../../../app/query.ts";
import { EmptyState } from "../../../components/EmptyState/EmptyState.tsx";
import { type Crumb, Page, type PageProps } from "../../../components/Page/Page.tsx";
import { Tabs } from "../../../components/Tabs/Tabs.tsx";
import { type Place, placeOfQuery } from "../../api/place.ts";
import { mlLinks } from "../../links.ts";

/** A page inside a workspace; where the address names none, it says so. */
export function InWorkspace({ children }: { children: (place: Place) => ReactNode }) {
  const [query] = useQueryState();
  const place = placeOfQuery(query);
  if (place === undefined) {
    return (
      <Page title="Machine Learning" crumbs={[]}>
        <EmptyState title="Which workspace?" action={<Link href="/ml">Choose one</Link>}>
          The address of this page names no workspace.
        </EmptyState>
      </Page>
    );
  }
  return children(place);
}

/** The crumbs of every page of a workspace. */
export function crumbsOf(place: Place, ...more: Crumb[]): Crumb[] {
  return [
    { name: "Machine Learning", href: mlLinks.workspaces },
    { name: place.workspace, href: mlLinks.jobs(place) },
    ...more,
  ];
}

type Part = "jobs" | "data" | "environments" | "models" | "components" | "compute";

/** A page of a workspace's own parts, with the way to the others. */
export function StudioPage({
  place,
  part,
  crumbs = [],
  ...rest
}: { place: Place; part: Part; crumbs?: Crumb[] } & Omit<PageProps, "crumbs" | "tabs">) {
  const parts: [Part, string, string][] = [
    ["jobs", "Jobs", mlLinks.jobs(place)],
    ["data", "Data", mlLinks.assets(place, "data")],
    ["components", "Components", mlLinks.assets(place, "components")],
    ["environments", "Environments", mlLinks.assets(place, "environments")],
    ["models", "Models", mlLinks.assets(place, "models")],
    ["compute", "Compute", mlLinks.compute(place)],
  ];
  const tabs = parts.map(([id, name, href]) => ({ name, href, isHere: id === part }));
  return (
    <Page
      {...rest}
      crumbs={crumbsOf(place, ...crumbs)}
      tabs={<Tabs label="Workspace" tabs={tabs} />}
    />
  );
}
