import { useEffect } from "react";
import { MissingPage } from "../../app/MissingPage.tsx";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf } from "../../app/session.ts";
import { deferred } from "../../components/Loading/deferred.tsx";

const loadLogs = async () => (await import("./LogPage.tsx")).default;
const Summary = deferred(async () => (await import("./RunPage.tsx")).default);
const Logs = deferred(loadLogs);

/** `_build/results?buildId=7`: the summary of a run, or with `view=logs` its logs. */
export default function ResultsPage({ params }: PageProps) {
  const [query] = useQueryState();
  const scope = scopeOf(params);
  const id = Number(query.get("buildId"));
  const isLog = query.get("view") === "logs" || query.has("j") || query.has("t");
  useEffect(() => {
    // Who looks at a run goes on to its logs.
    const timer = setTimeout(() => void loadLogs().catch(() => undefined), 500);
    return () => clearTimeout(timer);
  }, []);
  if (!(id > 0)) return <MissingPage />;
  return isLog ? <Logs scope={scope} id={id} /> : <Summary scope={scope} id={id} />;
}
