import { Link } from "wouter";
import styles from "./Tabs.module.css";

export interface Tab {
  name: string;
  href: string;
  isHere: boolean;
  count?: number | undefined;
}

/** Pages side by side under one title. Each is a link of its own. */
export function Tabs({ label, tabs }: { label: string; tabs: Tab[] }) {
  return (
    <nav aria-label={label} className={styles.tabs}>
      {tabs.map((tab) => (
        <Link key={tab.name} href={tab.href} aria-current={tab.isHere ? "page" : undefined}>
          {tab.name}
          {tab.count ? <span className={styles.count}>{tab.count}</span> : null}
        </Link>
      ))}
    </nav>
  );
}
