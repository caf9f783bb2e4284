import { Link } from "wouter";
import { links } from "../../../app/links.ts";
import { useSession } from "../../../app/session.ts";
import type { Origin } from "../../api/wire.ts";

/** The way back to the pipeline run whose step submitted a job; a run of no project has no page. */
export function OriginLink({ origin }: { origin: Origin }) {
  const { organization } = useSession();
  const text = `pipeline run ${origin.run}`;
  if (origin.project === null) return <span>{text}</span>;
  const scope = { organization, project: origin.project };
  return <Link href={links.run(scope, Number(origin.run))}>{text}</Link>;
}
