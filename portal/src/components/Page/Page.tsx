import { type ReactNode, useContext, useEffect } from "react";
import { createPortal } from "react-dom";
import { Link } from "wouter";
import { CrumbsSlot } from "./crumbs.ts";
import styles from "./Page.module.css";

export interface Crumb {
  name: string;
  href: string;
}

export interface PageProps {
  title: string;
  /** Before the title in the browser's tab, in the heading: a state, a number. */
  heading?: ReactNode;
  /** The way here, without the page itself. */
  crumbs: Crumb[];
  /** Under the title: one line of facts. */
  facts?: ReactNode;
  actions?: ReactNode;
  tabs?: ReactNode;
  /** The page fills the window and scrolls inside (logs, graphs). */
  isFixed?: boolean;
  children: ReactNode;
}

/** The frame of a page: the way to it, its title, what can be done here, and its content. */
export function Page(props: PageProps) {
  const { title, heading, crumbs, facts, actions, tabs, isFixed = false, children } = props;
  const slot = useContext(CrumbsSlot);
  useEffect(() => {
    document.title = `${title} - Penstock`;
  }, [title]);
  return (
    <div className={isFixed ? styles.fixed : styles.page}>
      {slot ? createPortal(<Breadcrumb crumbs={crumbs} title={title} />, slot) : null}
      <header className={tabs ? styles.tabbed : styles.header}>
        <div className={styles.line}>
          <div className={styles.name}>
            <h1>{heading ?? title}</h1>
            {facts ? <div className={styles.facts}>{facts}</div> : null}
          </div>
          {actions ? <div className={styles.actions}>{actions}</div> : null}
        </div>
        {tabs}
      </header>
      <div className={styles.content}>{children}</div>
    </div>
  );
}

function Breadcrumb({ crumbs, title }: { crumbs: Crumb[]; title: string }) {
  return (
    <nav aria-label="Breadcrumb">
      <ol className={styles.crumbs}>
        {crumbs.map((crumb) => (
          <li key={crumb.href}>
            <Link href={crumb.href}>{crumb.name}</Link>
          </li>
        ))}
        <li aria-current="page">{title}</li>
      </ol>
    </nav>
  );
}
