import { Button, Select } from "@fluentui/react-components";
import { memo, useState } from "react";
import type { Plan, PlannedPart, PreviewParameter } from "../../api/wire.ts";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { PlayIcon, WarningIcon } from "../../components/icons.ts";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { PlaceLink } from "./PlaceLink.tsx";
import { endOf, RESULTS, type Supposed, verdictOf, withResult, wordsOf } from "./supposed.ts";
import styles from "./YamlReview.module.css";

/** The stage that the server makes around jobs that are in none. */
const UNNAMED = "__default";

/** What a run would do, stage by stage; what is supposed of each part; why a part is skipped. */
export const PlanView = memo(function PlanView({
  plan,
  supposed,
  parameters,
  onChange,
}: {
  plan: Plan | undefined;
  supposed: Supposed;
  parameters: readonly PreviewParameter[];
  onChange: (supposed: Supposed) => void;
}) {
  if (plan === undefined) {
    return <p className={styles.soft}>There is nothing to plan until the pipeline is valid.</p>;
  }
  const words = wordsOf(supposed, parameters);
  const suppose = (id: string, result: string) => onChange(withResult(supposed, id, result));
  const nodes = plan.stages.flatMap((stage) =>
    stage.id === UNNAMED ? stage.jobs.map((job) => ({ ...job, jobs: [] })) : [stage],
  );
  return (
    <div className={styles.plan}>
      <p role="status">
        <strong>{endOf(plan)}</strong>{" "}
        <span className={styles.soft}>
          {words.length > 0 ? `Supposed: ${words.join(", ")}.` : "Where all that runs succeeds."}
        </span>
      </p>
      {plan.missing.length > 0 ? (
        <p className={styles.verdict}>
          <WarningIcon aria-hidden className={styles.warn} />
          Once there is what it would lack: {plan.missing.join("; ")}.
        </p>
      ) : null}
      {plan.unknown.map((name) => (
        <p key={name} className={styles.unknown}>
          Nothing is called {name} any more.
          <Button size="small" onClick={() => suppose(name, "")}>
            Do not suppose it
          </Button>
        </p>
      ))}
      <ul className={styles.parts}>
        {nodes.map((stage) => (
          <li key={stage.id}>
            <Part part={stage} name={stage.id} supposed={supposed} onSuppose={suppose} />
            {stage.jobs.length > 0 && stage.verdict !== "skipped" ? (
              <ul className={styles.parts}>
                {stage.jobs.map((job) => (
                  <li key={job.id}>
                    <Part
                      part={job}
                      name={job.id.slice(stage.id.length + 1)}
                      supposed={supposed}
                      onSuppose={suppose}
                    />
                  </li>
                ))}
              </ul>
            ) : null}
          </li>
        ))}
      </ul>
    </div>
  );
});

function Why({ text, name }: { text: string; name: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className={styles.why} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Why</summary>
      {isOpen ? <CodeBlock text={text} label={`Why ${name} is skipped`} /> : null}
    </details>
  );
}

function Part({
  part,
  name,
  supposed,
  onSuppose,
}: {
  part: PlannedPart;
  name: string;
  supposed: Supposed;
  onSuppose: (id: string, result: string) => void;
}) {
  const hasTitle = part.displayName !== null && part.displayName !== name;
  return (
    <div className={styles.part}>
      <span className={styles.sign}>
        {part.verdict === "runs" ? (
          <PlayIcon aria-hidden className={styles.good} />
        ) : (
          <StateIcon state="completed" result={part.verdict} />
        )}
      </span>
      <div className={styles.told}>
        <div>
          <strong>{part.place ? <PlaceLink {...part.place}>{name}</PlaceLink> : name}</strong>
          {hasTitle ? <span className={styles.soft}> {part.displayName}</span> : null}{" "}
          {verdictOf(part)}
        </div>
        {part.why && !part.assumed ? <div className={styles.soft}>{part.why}</div> : null}
        {part.waitsFor ? <div className={styles.soft}>{part.waitsFor}</div> : null}
      </div>
      <Select
        size="small"
        aria-label={`Suppose that ${part.id}`}
        value={supposed.assume[part.id] ?? ""}
        onChange={(_, data) => onSuppose(part.id, data.value)}
      >
        {RESULTS.map(([result, words]) => (
          <option key={result} value={result}>
            {words}
          </option>
        ))}
      </Select>
      {part.explanation ? <Why text={part.explanation} name={name} /> : null}
    </div>
  );
}
