import { Button } from "@fluentui/react-components";
import { useState } from "react";
import { useResource } from "../../api/resource.ts";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { useAction } from "../../app/useAction.ts";
import { Age, Duration } from "../../components/Duration/Duration.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { StopIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { CommandPanel } from "../../components/SidePanel/CommandPanel.tsx";
import { ConfirmPanel } from "../../components/SidePanel/ConfirmPanel.tsx";
import { StateIcon, StateWord } from "../../components/StateIcon/StateIcon.tsx";
import { Tabs } from "../../components/Tabs/Tabs.tsx";
import { isOver } from "../../text/states.ts";
import { archiveJob, cancelJob, job as jobOf, streamOf } from "../api/jobs.ts";
import type { Place } from "../api/place.ts";
import type { Job } from "../api/wire.ts";
import { JobFacts } from "../components/JobFacts/JobFacts.tsx";
import { OriginLink } from "../components/JobFacts/OriginLink.tsx";
import { crumbsOf, InWorkspace } from "../components/StudioPage/StudioPage.tsx";
import { mlLinks, type Tab } from "../links.ts";
import { jobCommands } from "../text/commands.ts";
import { useMayWork } from "../useMayWork.ts";
import { ChildJobsTab } from "./job/ChildJobsTab.tsx";
import { CodeTab, OutputsTab } from "./job/FilesTab.tsx";
import { GraphTab } from "./job/GraphTab.tsx";
import { ImagesTab } from "./job/ImagesTab.tsx";
import { MetricsTab, metricNames } from "./job/MetricsTab.tsx";

export default function JobPage({ params }: PageProps) {
  const name = params.job ?? "";
  return <InWorkspace>{(place) => <JobLoader place={place} name={name} />}</InWorkspace>;
}

function JobLoader({ place, name }: { place: Place; name: string }) {
  const [status, setStatus] = useState("");
  const query = useResource(jobOf(place, name, streamOf(place, { name, status })));
  if (query.data && query.data.status !== status) setStatus(query.data.status);
  if (query.data) return <JobView key={name} place={place} job={query.data} />;
  return (
    <Page title={name} crumbs={crumbsOf(place)}>
      <Loaded query={query}>{() => null}</Loaded>
    </Page>
  );
}

function JobView({ place, job }: { place: Place; job: Job }) {
  const [query] = useQueryState();
  const tabs = tabsOf(job);
  const tab = tabs.find(([id]) => id === query.get("tab"))?.[0] ?? firstTab(job);
  return (
    <Page
      title={job.displayName}
      heading={
        <>
          <StateIcon state={job.status} size={22} />
          {job.displayName}
        </>
      }
      crumbs={crumbsOf(
        place,
        ...job.ancestors.map((above) => ({
          name: above.displayName,
          href: mlLinks.job(place, above.name),
        })),
      )}
      isFixed={tab === "graph" || tab === "outputs" || tab === "code"}
      facts={<Facts job={job} />}
      actions={<Actions place={place} job={job} />}
      tabs={
        <Tabs
          label="Parts of the job"
          tabs={tabs.map(([id, name]) => ({
            name,
            href: mlLinks.job(place, job.name, { tab: id }),
            isHere: id === tab,
          }))}
        />
      }
    >
      <TabContent place={place} job={job} tab={tab} />
    </Page>
  );
}

function Facts({ job }: { job: Job }) {
  return (
    <>
      <StateWord state={job.status} />
      <span>{job.experiment}</span>
      {job.started ? (
        <Duration start={job.started} finish={job.ended} isOver={isOver(job.status)} />
      ) : null}
      <Age time={job.created} />
      {job.createdBy ? <span>by {job.createdBy}</span> : null}
      {job.origin ? <OriginLink origin={job.origin} /> : null}
    </>
  );
}

function tabsOf(job: Job): [Tab, string][] {
  const isPipeline = job.graph.nodes.length > 0;
  const metrics = metricNames(job).length;
  const tabs: [Tab, string, isThere: boolean][] = [
    ["graph", "Graph", isPipeline],
    ["overview", "Overview", true],
    ["metrics", metrics > 0 ? `Metrics (${metrics})` : "Metrics", true],
    ["images", "Images", true],
    ["children", `Child jobs (${job.children.length})`, isPipeline],
    ["outputs", "Outputs + logs", true],
    ["code", "Code", Boolean(job.command?.code)],
  ];
  return tabs.filter(([, , isThere]) => isThere).map(([id, name]) => [id, name]);
}

function firstTab(job: Job): Tab {
  return job.graph.nodes.length > 0 ? "graph" : "overview";
}

function TabContent({ place, job, tab }: { place: Place; job: Job; tab: Tab }) {
  switch (tab) {
    case "graph":
      return <GraphTab place={place} job={job} />;
    case "overview":
      return <JobFacts place={place} job={job} />;
    case "metrics":
      return <MetricsTab place={place} job={job} />;
    case "images":
      return <ImagesTab place={place} job={job} />;
    case "children":
      return <ChildJobsTab place={place} job={job} />;
    case "outputs":
      return <OutputsTab place={place} job={job} />;
    case "code":
      return <CodeTab place={place} job={job} />;
  }
}

function Actions({ place, job }: { place: Place; job: Job }) {
  const { act, error, isBusy } = useAction(["ml-job"]);
  const [open, setOpen] = useState<"cancel" | "commands">();
  const close = () => setOpen(undefined);
  const mayWork = useMayWork();
  const isEnded = isOver(job.status);
  return (
    <>
      {error ? <ErrorBox error={error} /> : null}
      {isEnded || !mayWork ? null : (
        <Button
          icon={<StopIcon />}
          disabled={job.status === "CancelRequested"}
          onClick={() => setOpen("cancel")}
        >
          {job.status === "CancelRequested" ? "Canceling" : "Cancel"}
        </Button>
      )}
      {mayWork && isEnded && job.parent === null ? (
        <Button
          disabled={isBusy}
          onClick={() => void act(() => archiveJob(place, job.name, job.experiment, !job.archived))}
        >
          {job.archived ? "Restore" : "Archive"}
        </Button>
      ) : null}
      <Button onClick={() => setOpen("commands")}>Copy as command</Button>
      {open === "commands" ? <CommandPanel text={jobCommands(place, job)} onClose={close} /> : null}
      {open === "cancel" ? (
        <ConfirmPanel
          title={`Cancel ${job.displayName}?`}
          submit="Cancel the job"
          keep="Let it run"
          changed={["ml-job"]}
          action={() => cancelJob(place, job.name)}
          onClose={close}
        >
          <p>What runs is stopped, and what has not begun does not begin.</p>
        </ConfirmPanel>
      ) : null}
    </>
  );
}
