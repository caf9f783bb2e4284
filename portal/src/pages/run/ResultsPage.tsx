import { lazy } from "react";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf } from "../../app/session.ts";

const Summary = lazy(() => import("./RunPage.tsx"));
const Logs = lazy(() => import("./LogPage.tsx"));

/** `_build/results?buildId=7`: the summary of a run, or with `view=logs` its logs. */
export default function ResultsPage({ params }: PageProps) {
  const [query] = useQueryState();
  const scope = scopeOf(params);
  const id = Number(query.get("buildId"));
  const isLog = query.get("view") === "logs" || query.has("j") || query.has("t");
  return isLog ? <Logs scope={scope} id={id} /> : <Summary scope={scope} id={id} />;
}
