/** Jobs: lists, one job, its curves, files and logs; what can be done with it. */

import { address, path, request } from "../../api/request.ts";
import type { Resource } from "../../api/resource.ts";
import type { StreamEvent } from "../../api/stream.ts";
import { isOver } from "../../text/states.ts";
import {
  jobStream,
  jobsStream,
  withAddedValues,
  withComparedEvents,
  withJobEvents,
  withRows,
} from "./live.ts";
import { type Place, studioApi, workspaceApi } from "./place.ts";
import type {
  Comparison,
  Curves,
  FileEntry,
  FileText,
  Job,
  JobPage,
  LogLines,
  LogMatches,
  Picture,
} from "./wire.ts";

const LOOK_MS = 5_000;

export interface JobFilter {
  q?: string | undefined;
  status?: string | undefined;
  experiment?: string | undefined;
  compute?: string | undefined;
  createdBy?: string | undefined;
  /** `name`, or `name=value`. */
  tag?: string | undefined;
  view?: string | undefined;
  after?: string | undefined;
}

/** A page of the jobs of a workspace, newest first. */
export function jobs(place: Place, filter: JobFilter = {}): Resource<JobPage> {
  const { after, ...rest } = filter;
  const query = { ...rest, continuationToken: after };
  return {
    key: ["ml-jobs", place, query],
    fetch: (signal) => request(studioApi(place, "jobs"), { query, signal }),
    live: { url: jobsStream(place), apply: (page, events) => withRows(page, events, filter) },
    keep: true,
  };
}

/** One job, kept live by the stream of a page: its own, or that of a job around it. */
export function job(place: Place, name: string, stream: string | undefined): Resource<Job> {
  const isOwn = stream === jobStream(place, name);
  return {
    key: ["ml-job", place, name],
    fetch: (signal) => request(studioApi(place, "jobs", name), { signal }),
    ...(stream === undefined
      ? {}
      : {
          live: {
            url: stream,
            apply: (known: Job, events: StreamEvent[]) => withJobEvents(known, events, isOwn),
          },
        }),
  };
}

/** The stream of a job's page; none once it has ended. */
export function streamOf(place: Place, job: { name: string; status: string }): string | undefined {
  return isOver(job.status) ? undefined : jobStream(place, job.name);
}

/** The curves of some metrics of a job; with those of its nodes where it stands for them. */
export function curves(
  place: Place,
  name: string,
  metrics: string[],
  stream: string | undefined,
  withNodes: boolean,
): Resource<Curves> {
  const named = metrics.map((metric): [string, string] => ["name", metric]);
  const query = String(new URLSearchParams(withNodes ? [...named, ["nodes", "1"]] : named));
  return {
    key: ["ml-curves", place, name, query],
    fetch: (signal) => request(`${studioApi(place, "jobs", name, "metrics")}?${query}`, { signal }),
    keep: true,
    ...(stream === undefined
      ? {}
      : {
          live: {
            url: stream,
            apply: (known: Curves, events: StreamEvent[]) =>
              withAddedValues(known, events, name, withNodes),
          },
        }),
  };
}

/** Several jobs side by side. */
export function comparison(place: Place, names: string[], isEnded: boolean): Resource<Comparison> {
  return {
    key: ["ml-comparison", place, names],
    fetch: (signal) =>
      request(studioApi(place, "compare"), { query: { jobs: names.join(",") }, signal }),
    ...(isEnded || names.length === 0
      ? {}
      : { live: { url: jobStream(place, ...names), apply: withComparedEvents } }),
  };
}

/** What a folder of an area holds; nothing tells of new files, so they are looked for. */
export function files(
  place: Place,
  name: string,
  area: string,
  folder: string,
  isGrowing: boolean,
): Resource<{ value: FileEntry[] }> {
  return {
    key: ["ml-files", place, name, area, folder, isGrowing],
    keep: true,
    ...(isGrowing ? { poll: LOOK_MS } : {}),
    fetch: (signal) =>
      request(studioApi(place, "jobs", name, "files", area, ...parts(folder)), { signal }),
  };
}

/** The beginning of a file as text. */
export function fileText(
  place: Place,
  name: string,
  area: string,
  file: string,
): Resource<FileText> {
  return {
    key: ["ml-text", place, name, area, file],
    fetch: (signal) =>
      request(studioApi(place, "jobs", name, "text", area, ...parts(file)), { signal }),
  };
}

/** Where a file itself is: a picture to be shown, else a download. */
export function fileAddress(place: Place, name: string, area: string, file: string): string {
  return studioApi(place, "jobs", name, "content", area, ...parts(file));
}

/** Where all files of an area are as one archive. */
export function zipAddress(place: Place, name: string, area: string): string {
  return studioApi(place, "jobs", name, "zip", area);
}

/** The pictures among the artifacts of a job, and of the nodes of a pipeline. */
export function pictures(
  place: Place,
  name: string,
  status: string,
): Resource<{ value: Picture[] }> {
  const isGrowing = !isOver(status);
  return {
    key: ["ml-pictures", place, name, isGrowing],
    keep: true,
    ...(isGrowing ? { poll: LOOK_MS } : {}),
    fetch: (signal) => request(studioApi(place, "jobs", name, "pictures"), { signal }),
  };
}

/** Lines of a log; a negative `from` counts from its end. */
export function logLines(
  place: Place,
  name: string,
  log: string,
  from: number,
  lines: number,
  signal?: AbortSignal,
): Promise<LogLines> {
  const url = address(studioApi(place, "jobs", name, "lines", ...parts(log)), { from, lines });
  return request(url, signal ? { signal } : {});
}

/** The lines of a log that hold a text, as the server counts them. */
export function searchLog(
  place: Place,
  name: string,
  log: string,
  q: string,
  signal: AbortSignal,
): Promise<LogMatches> {
  return request(studioApi(place, "jobs", name, "lines", ...parts(log)), { query: { q }, signal });
}

/** Ask a job to stop. */
export function cancelJob(place: Place, name: string): Promise<unknown> {
  return request(workspaceApi(place, "jobs", name, "cancel"), { method: "POST" });
}

/** Archive a job, or bring it back. */
export function archiveJob(
  place: Place,
  name: string,
  experiment: string,
  hidden: boolean,
): Promise<unknown> {
  const url = `/history/v1.0${workspaceApi(place)}${path("experiments", experiment, "runs", name)}`;
  return request(url, { method: "PATCH", body: { hidden } });
}

const parts = (text: string) => text.split("/").filter((part) => part !== "");
