import { Link } from "wouter";
import { Card, Chip } from "../../../components/Card/Card.tsx";
import { CodeBlock } from "../../../components/CodeBlock/CodeBlock.tsx";
import { Age, Duration } from "../../../components/Duration/Duration.tsx";
import { PropertyGrid } from "../../../components/PropertyGrid/PropertyGrid.tsx";
import { StateWord } from "../../../components/StateIcon/StateIcon.tsx";
import { Table } from "../../../components/Table/Table.tsx";
import { isOver } from "../../../text/states.ts";
import type { Place } from "../../api/place.ts";
import type { Job, JobInput, JobOutput } from "../../api/wire.ts";
import { mlLinks } from "../../links.ts";
import { formatMetric } from "../../text/numbers.ts";
import styles from "./JobFacts.module.css";
import { OriginLink } from "./OriginLink.tsx";

/** Everything that is known of a job in words: what it is, what went in and out, what it logged. */
export function JobFacts({ place, job }: { place: Place; job: Job }) {
  return (
    <div className={styles.facts}>
      {job.error ? <JobError code={job.errorCode} message={job.error} /> : null}
      {job.warnings.map((warning) => (
        <p key={warning} className={styles.warning}>
          {warning}
        </p>
      ))}
      <Card title="Properties">
        <Properties place={place} job={job} />
      </Card>
      <Metrics job={job} />
      <Params params={job.params} />
      <Inputs place={place} inputs={job.inputs} />
      <Outputs place={place} job={job} />
      {job.command ? <CommandCard job={job} /> : null}
    </div>
  );
}

/** Why a job failed, in the words of the service and the last lines of its log. */
export function JobError({ code, message }: { code: string | null; message: string }) {
  const [first = "", ...rest] = message.split("\n");
  return (
    <div role="alert" className={styles.error}>
      <strong>{code ? `${code}: ${first}` : first}</strong>
      {rest.length > 0 ? <pre tabIndex={0}>{rest.join("\n")}</pre> : null}
    </div>
  );
}

function Properties({ place, job }: { place: Place; job: Job }) {
  return (
    <PropertyGrid
      items={[
        ["State", <StateWord key="state" state={job.status} />],
        ["Name", <code key="name">{job.name}</code>],
        ["Type", job.type],
        [
          "Experiment",
          <Link key="experiment" href={mlLinks.jobs(place, { experiment: job.experiment })}>
            {job.experiment}
          </Link>,
        ],
        ["Description", job.description ?? undefined],
        ["Created by", job.createdBy || undefined],
        ["Created", <Age key="created" time={job.created} />],
        [
          "Duration",
          job.started ? (
            <Duration
              key="duration"
              start={job.started}
              finish={job.ended}
              isOver={isOver(job.status)}
            />
          ) : undefined,
        ],
        ["Compute", job.compute || undefined],
        ["Submitted by", job.origin ? <OriginLink key="origin" origin={job.origin} /> : undefined],
        ["Tags", tagsOf(job)],
      ]}
    />
  );
}

function tagsOf(job: Job) {
  const tags = Object.entries(job.tags);
  if (tags.length === 0) return undefined;
  return tags.map(([name, value]) => (
    <Chip key={name}>
      {name}: {String(value)}
    </Chip>
  ));
}

function Metrics({ job }: { job: Job }) {
  const found = Object.entries(job.metrics);
  if (found.length === 0) return null;
  return (
    <Card title="Metrics" isFlush>
      <Table
        label="Metrics"
        rows={found}
        rowKey={([name]) => name}
        columns={[
          { name: "Metric", cell: ([name]) => name },
          { name: "Last value", align: "end", cell: ([, value]) => formatMetric(value) },
        ]}
      />
    </Card>
  );
}

function Params({ params }: { params: Record<string, string> }) {
  const found = Object.entries(params);
  if (found.length === 0) return null;
  return (
    <Card title="Parameters" isFlush>
      <Table
        label="Parameters"
        rows={found}
        rowKey={([name]) => name}
        columns={[
          { name: "Parameter", cell: ([name]) => name },
          { name: "Value", cell: ([, value]) => <code>{value}</code> },
        ]}
      />
    </Card>
  );
}

function Inputs({ place, inputs }: { place: Place; inputs: JobInput[] }) {
  if (inputs.length === 0) return null;
  return (
    <Card title="Inputs" isFlush>
      <Table
        label="Inputs"
        rows={inputs}
        rowKey={(input) => input.name}
        columns={[
          { name: "Input", cell: (input) => input.name },
          { name: "Type", cell: (input) => input.type },
          { name: "Value", cell: (input) => <InputValue place={place} input={input} /> },
        ]}
      />
    </Card>
  );
}

function InputValue({ place, input }: { place: Place; input: JobInput }) {
  if (input.value !== null) return <code>{input.value}</code>;
  if (input.asset !== null)
    return <AssetLink place={place} type={input.type} asset={input.asset} />;
  return <code className={styles.uri}>{input.uri}</code>;
}

/** What an input or output is kept as in the workspace: `name:version` of data, or of a model. */
function AssetLink({ place, type, asset }: { place: Place; type: string; asset: string }) {
  const [name = "", version] = asset.split(":");
  const kind = type.endsWith("_model") ? "models" : "data";
  return <Link href={mlLinks.asset(place, kind, name, version)}>{asset}</Link>;
}

function Outputs({ place, job }: { place: Place; job: Job }) {
  if (job.outputs.length === 0) return null;
  const open = (output: JobOutput) =>
    mlLinks.job(place, job.name, { tab: "outputs", log: `output:${output.name}` });
  return (
    <Card title="Outputs" isFlush>
      <Table
        label="Outputs"
        rows={job.outputs}
        rowKey={(output) => output.name}
        columns={[
          { name: "Output", cell: (output) => <Link href={open(output)}>{output.name}</Link> },
          { name: "Type", cell: (output) => output.type },
          {
            name: "Kept as",
            cell: ({ type, asset }) =>
              asset ? <AssetLink place={place} type={type} asset={asset} /> : null,
          },
          { name: "Place", cell: (output) => <code className={styles.uri}>{output.uri}</code> },
        ]}
      />
    </Card>
  );
}

function CommandCard({ job }: { job: Job }) {
  const { command } = job;
  if (command === null) return null;
  const variables = Object.entries(command.environmentVariables);
  return (
    <>
      <Card title="Command">
        <CodeBlock text={command.text} language="shell" />
      </Card>
      <Card title="Environment">
        <PropertyGrid
          items={[
            ["Name", command.environment.id],
            ["Image", command.environment.image ?? undefined],
            ["Instances", command.instanceCount > 1 ? command.instanceCount : undefined],
            ["Distribution", command.distribution ?? undefined],
            ...variables.map(([name, value]): [string, string] => [name, value]),
          ]}
        />
        {command.environment.condaFile ? (
          <CodeBlock text={command.environment.condaFile} language="yaml" />
        ) : null}
      </Card>
    </>
  );
}
