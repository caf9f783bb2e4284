import type { ReactElement } from "react";
import type { Scope } from "../../api/scope.ts";
import {
  BookIcon,
  CloudIcon,
  CodeIcon,
  HomeIcon,
  RocketIcon,
  ServerIcon,
  SettingsIcon,
} from "../../components/icons.ts";
import { links, nameIn } from "../links.ts";

export interface Hub {
  name: string;
  href: string;
  icon: ReactElement;
  /** Matches the part of the address after the project. */
  owns: (rest: string) => boolean;
}

/** The hubs of a project, in the order of the service. */
export function hubs(scope: Scope): Hub[] {
  const starts = (prefix: string) => (rest: string) => rest.startsWith(prefix);
  return [
    {
      name: "Overview",
      href: links.project(scope),
      icon: <HomeIcon />,
      owns: (rest) => rest === "",
    },
    { name: "Repos", href: links.repositories(scope), icon: <CodeIcon />, owns: starts("/_git") },
    {
      name: "Pipelines",
      href: links.pipelines(scope),
      icon: <RocketIcon />,
      owns: starts("/_build"),
    },
    {
      name: "Environments",
      href: links.environments(scope),
      icon: <CloudIcon />,
      owns: starts("/_environments"),
    },
    { name: "Library", href: links.library(scope), icon: <BookIcon />, owns: starts("/_library") },
    {
      name: "Agent pools",
      href: links.settings(scope, "agentqueues"),
      icon: <ServerIcon />,
      owns: starts("/_settings/agentqueues"),
    },
    {
      name: "Project settings",
      href: links.settings(scope),
      icon: <SettingsIcon />,
      owns: (rest) => rest.startsWith("/_settings") && !rest.startsWith("/_settings/agentqueues"),
    },
  ];
}

/** The project that an address is in, if any. */
export function scopeOfLocation(location: string): { scope: Scope; rest: string } | undefined {
  const [, organization = "", project = "", ...rest] = location.split("/");
  if (organization === "" || organization === "ml" || project === "" || project.startsWith("_")) {
    return undefined;
  }
  return {
    scope: { organization: nameIn(organization), project: nameIn(project) },
    rest: rest.length === 0 ? "" : `/${rest.join("/")}`,
  };
}
