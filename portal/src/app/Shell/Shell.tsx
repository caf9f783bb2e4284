import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { BeakerIcon, HomeIcon } from "../../components/icons.ts";
import { CrumbsSlot } from "../../components/Page/crumbs.ts";
import { links } from "../links.ts";
import { PageBoundary } from "../PageBoundary.tsx";
import { Palette } from "../Palette/Palette.tsx";
import { Shortcuts } from "../Shortcuts/Shortcuts.tsx";
import { AccountMenu } from "./AccountMenu.tsx";
import { hubs, scopeOfLocation } from "./hubs.tsx";
import styles from "./Shell.module.css";

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
      <Palette scope={place?.scope} />
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
