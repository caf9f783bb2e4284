import type { Scope } from "../../api/scope.ts";
import type { RunRow } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import type { Crumb } from "../../components/Page/Page.tsx";

/** The way to a run: its project, the pipelines, its pipeline. */
export function runCrumbs(scope: Scope, run: Pick<RunRow, "definition"> | undefined): Crumb[] {
  const crumbs = [
    { name: scope.project, href: links.project(scope) },
    { name: "Pipelines", href: links.pipelines(scope) },
  ];
  if (run) {
    const { id, name } = run.definition;
    crumbs.push({ name, href: links.pipeline(scope, id) });
  }
  return crumbs;
}
