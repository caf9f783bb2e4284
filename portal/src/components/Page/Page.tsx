import { type ReactNode, useContext, useEffect } from "react";
import { createPortal } from "react-dom";
import { Link } from "wouter";
import { type Crumb, CrumbsSlot } from "./crumbs.ts";
import styles from "./Page.module.css";

export type { Crumb } from "./crumbs.ts";

export interface PageProps {
  /** In the browser's tab, at the end of the way here, and as the heading unless that is another. */
  title: string;
  heading?: ReactNode;
  /** The way here from the organization, without that and without the page itself. */
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
  const { element, root } = useContext(CrumbsSlot);
  const inside = crumbs.at(-1)?.name;
  useEffect(() => {
    document.title = [title, ...(inside ? [inside] : []), "Penstock"].join(" - ");
  }, [title, inside]);
  return (
    <div className={isFixed ? styles.fixed : styles.page}>
      {element
        ? createPortal(<Breadcrumb crumbs={[...root, ...crumbs]} title={title} />, element)
        : null}
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
