import { type ReactElement, type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import type { Scope } from "../../api/scope.ts";
import {
  BeakerIcon,
  BookIcon,
  CloudIcon,
  CodeIcon,
  HomeIcon,
  RocketIcon,
  ServerIcon,
  SettingsIcon,
} from "../../components/icons.ts";
import { CrumbsSlot } from "../../components/Page/crumbs.ts";
import { links } from "../links.ts";
import { usePreferences } from "../preferences.ts";
import { Shortcuts } from "../Shortcuts/Shortcuts.tsx";
import { AccountMenu } from "./AccountMenu.tsx";
import styles from "./Shell.module.css";

interface Hub {
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
    scope: { organization: decodeURIComponent(organization), project: decodeURIComponent(project) },
    rest: rest.length === 0 ? "" : `/${rest.join("/")}`,
  };
}

export function Shell({ children }: { children: ReactNode }) {
  const [slot, setSlot] = useState<HTMLElement | null>(null);
  const [location] = useLocation();
  const { navCollapsed } = usePreferences();
  const place = scopeOfLocation(location);
  const isMl = location === "/ml" || location.startsWith("/ml/");
  return (
    <CrumbsSlot value={slot}>
      <a href="#main" className={styles.skip}>
        Skip to the content
      </a>
      <div className={styles.shell}>
        <header className={styles.top}>
          <Link href="/" className={styles.brand} aria-label="Penstock: all projects">
            <img src={`${import.meta.env.BASE_URL}logo.svg`} alt="" width="22" height="22" />
            <span>Penstock</span>
          </Link>
          <div ref={setSlot} className={styles.crumbs} />
          <AccountMenu />
        </header>
        <nav className={navCollapsed ? styles.narrow : styles.nav} aria-label="Hubs">
          {place ? (
            hubs(place.scope).map((hub) => (
              <Link
                key={hub.name}
                href={hub.href}
                className={styles.hub}
                title={hub.name}
                aria-current={hub.owns(place.rest) ? "page" : undefined}
              >
                {hub.icon}
                <span>{hub.name}</span>
              </Link>
            ))
          ) : (
            <Link
              href="/"
              className={styles.hub}
              title="Projects"
              aria-current={isMl ? undefined : "page"}
            >
              <HomeIcon />
              <span>Projects</span>
            </Link>
          )}
          <hr />
          <Link
            href="/ml"
            className={styles.hub}
            title="Machine Learning"
            aria-current={isMl ? "page" : undefined}
          >
            <BeakerIcon />
            <span>Machine Learning</span>
          </Link>
        </nav>
        <main id="main" className={styles.main} tabIndex={-1}>
          {children}
        </main>
      </div>
      <Shortcuts scope={place?.scope} />
    </CrumbsSlot>
  );
}
