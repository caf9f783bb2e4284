import { Redirect } from "wouter";
import { links } from "../../app/links.ts";
import { useSession } from "../../app/session.ts";

/** The address of the server alone: its one organization, or its only project. */
export default function HomePage() {
  const { organization, projects } = useSession();
  const [only] = projects;
  const href =
    only && projects.length === 1
      ? links.project({ organization, project: only.name })
      : links.organization(organization);
  return <Redirect href={href} replace />;
}
