import type { ReactNode } from "react";
import type { RunPage } from "../../api/wire.ts";
import { Card } from "../../components/Card/Card.tsx";
import { LockClosedIcon } from "../../components/icons.ts";
import { PropertyGrid } from "../../components/PropertyGrid/PropertyGrid.tsx";
import styles from "./RunPage.module.css";

type Item = [name: string, value: ReactNode];
type Variable = RunPage["variables"][number];

/** What a run was given: its parameters and variables; those of the service apart. */
export function Values({ page }: { page: RunPage }) {
  const parameters = Object.entries(page.parameters);
  if (parameters.length + page.variables.length === 0) return null;
  const predefined = page.variables.filter(isPredefined);
  const own = page.variables.filter((variable) => !isPredefined(variable));
  return (
    <Card title="Parameters and variables">
      <PropertyGrid items={[...parameters.map(parameterItem), ...own.map(variableItem)]} />
      {predefined.length > 0 ? (
        <details className={styles.system}>
          <summary>Predefined variables</summary>
          <PropertyGrid items={predefined.map(variableItem)} />
        </details>
      ) : null}
    </Card>
  );
}

function isPredefined({ name }: Variable): boolean {
  return /^(agent|build|system|pipeline|environment|checks|resources)\./i.test(name);
}

function parameterItem([name, value]: [string, unknown]): Item {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return [name, <code key={name}>{text}</code>];
}

function variableItem({ name, value, isSecret }: Variable): Item {
  return [name, isSecret ? <Secret key={name} /> : <code key={name}>{value}</code>];
}

function Secret() {
  return (
    <span className={styles.secret}>
      <LockClosedIcon aria-hidden /> secret
    </span>
  );
}
