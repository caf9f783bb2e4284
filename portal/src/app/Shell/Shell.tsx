import { type ReactElement, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
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
import { links, nameIn } from "../links.ts";
import { PageBoundary } from "../PageBoundary.tsx";
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
function hubs(scope: Scope): Hub[] {
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
function scopeOfLocation(location: string): { scope: Scope; rest: string } | undefined {
  const [, organization = "", project = "", ...rest] = location.split("/");
  if (organization === "" || organization === "ml" || project === "" || project.startsWith("_")) {
    return undefined;
  }
  return {
    scope: { organization: nameIn(organization), project: nameIn(project) },
    rest: rest.length === 0 ? "" : `/${rest.join("/")}`,
  };
}

export function Shell({ children }: { children: ReactNode }) {
  const [element, setElement] = useState<HTMLElement | null>(null);
  const [location] = useLocation();
  const place = scopeOfLocation(location);
  const isMl = location === "/ml" || location.startsWith("/ml/");
  const main = useFocusOf(location);
  const organization = place?.scope.organization;
  const crumbs = useMemo(() => {
    const isInside = organization !== undefined;
    const root = isInside ? [{ name: organization, href: links.organization(organization) }] : [];
    return { element, root };
  }, [element, organization]);
  return (
    <CrumbsSlot value={crumbs}>
      <a href="#main" className={styles.skip}>
        Skip to the content
      </a>
      <div className={styles.shell}>
        <header className={styles.top}>
          <Link href="/" className={styles.brand} aria-label="Penstock: all projects">
            <img src={`${import.meta.env.BASE_URL}logo.svg`} alt="" width="22" height="22" />
            <span>Penstock</span>
          </Link>
          <div ref={setElement} className={styles.crumbs} />
          <AccountMenu />
        </header>
        <nav className={styles.nav} aria-label="Hubs">
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
              aria-current={/^\/[^/]*$/.test(location) && !isMl ? "page" : undefined}
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
        <main ref={main} id="main" className={styles.main} tabIndex={-1}>
          <PageBoundary location={location}>{children}</PageBoundary>
        </main>
      </div>
      <Shortcuts scope={place?.scope} />
    </CrumbsSlot>
  );
}

/**
 * Takes the focus when a page went away with what had it, so that the next Tab goes on in the page
 * that came, and a screen reader says so.
 */
function useFocusOf(location: string) {
  const main = useRef<HTMLElement>(null);
  const first = useRef(location);
  useEffect(() => {
    if (location === first.current) return;
    first.current = "";
    if (document.activeElement === document.body) main.current?.focus({ preventScroll: true });
  }, [location]);
  return main;
}
