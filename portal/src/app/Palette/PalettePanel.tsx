import { Input } from "@fluentui/react-components";
import { type KeyboardEvent, useId, useState } from "react";
import { useLocation } from "wouter";
import { repositories } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { pipelines } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import { SearchIcon } from "../../components/icons.ts";
import { SidePanel } from "../../components/SidePanel/SidePanel.tsx";
import { links } from "../links.ts";
import { hubs } from "../Shell/hubs.tsx";
import { useMay, useSession } from "../session.ts";
import styles from "./PalettePanel.module.css";
import { matching, type Target } from "./targets.ts";

interface Props {
  scope: Scope | undefined;
  onClose: () => void;
}

/** A field for a name, and what has it: hubs, pipelines and repositories of the project, projects. */
export function PalettePanel({ scope, onClose }: Props) {
  const general = useGeneral();
  return scope ? (
    <OfProject scope={scope} general={general} onClose={onClose} />
  ) : (
    <Choice targets={general} onClose={onClose} />
  );
}

function OfProject({
  scope,
  general,
  onClose,
}: {
  scope: Scope;
  general: Target[];
  onClose: () => void;
}) {
  const found = useResource(pipelines(scope, { top: 500 })).data?.value ?? [];
  const repos = useResource(repositories(scope)).data?.value ?? [];
  const mayRun = useMay(scope, "contributor");
  const targets: Target[] = [
    ...hubs(scope).map(({ name, href }) => ({ kind: "Page", name, href })),
    ...found.map(({ id, name }) => ({ kind: "Pipeline", name, href: links.pipeline(scope, id) })),
    ...(mayRun ? found : []).map(({ id, name }) => ({
      kind: "Run pipeline",
      name,
      href: links.runPanel(scope, id),
    })),
    ...repos.map(({ name }) => ({ kind: "Repository", name, href: links.files(scope, name) })),
    ...general,
  ];
  return <Choice targets={targets} onClose={onClose} />;
}

/** What there is wherever one is. */
function useGeneral(): Target[] {
  const { organization, projects } = useSession();
  return [
    ...projects.map(({ name }) => ({
      kind: "Project",
      name,
      href: links.project({ organization, project: name }),
    })),
    { kind: "Page", name: "All projects", href: links.organization(organization) },
    { kind: "Page", name: "Machine Learning", href: "/ml" },
    { kind: "Page", name: "Personal access tokens", href: links.tokens(organization) },
  ];
}

function Choice({ targets, onClose }: { targets: Target[]; onClose: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [, navigate] = useLocation();
  const id = useId();
  const shown = matching(targets, text);
  const marked = Math.min(at, shown.length - 1);
  const choose = (target: Target | undefined) => {
    if (target === undefined) return;
    onClose();
    navigate(target.href);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter") choose(shown[marked]);
    else if (event.key === "ArrowDown") setAt((marked + 1) % shown.length);
    else if (event.key === "ArrowUp") setAt((marked - 1 + shown.length) % shown.length);
    else return;
    event.preventDefault();
  };
  return (
    <SidePanel title="Go to" place="centre" onClose={onClose}>
      <Input
        role="combobox"
        aria-label="Name of a page, a pipeline or a repository"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={shown.length > 0 ? `${id}-${marked}` : undefined}
        contentBefore={<SearchIcon aria-hidden />}
        placeholder="Name of a page, a pipeline or a repository"
        value={text}
        onChange={(_, data) => {
          setText(data.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      <div id={id} role="listbox" aria-label="What has this name" className={styles.list}>
        {shown.map((target, index) => (
          <button
            key={target.kind + target.href}
            id={`${id}-${index}`}
            type="button"
            role="option"
            tabIndex={-1}
            aria-selected={index === marked}
            className={styles.target}
            onClick={() => choose(target)}
          >
            <span className={styles.kind}>{target.kind}</span>
            {target.name}
          </button>
        ))}
      </div>
      {shown.length === 0 ? <p role="status">Nothing has this name.</p> : null}
    </SidePanel>
  );
}
