import { useMemo } from "react";
import { LogView } from "../../../components/LogView/LogView.tsx";
import type { Found, LogSource } from "../../../components/LogView/source.ts";
import { isOver } from "../../../text/states.ts";
import { fileAddress, logLines, searchLog } from "../../api/jobs.ts";
import type { Place } from "../../api/place.ts";
import type { Job, LogFile } from "../../api/wire.ts";

const FOLLOW_MS = 700;
const MOST = 2000;

/** A log of a job, followed while the job goes on. */
export function JobLog({ place, job, log }: { place: Place; job: Job; log: LogFile }) {
  const isGrowing = !isOver(job.status);
  const source = useMemo<LogSource>(
    () => ({
      lineCount: log.lines,
      isGrowing,
      read: async ({ from, to }, signal) =>
        (await logLines(place, job.name, log.name, from, to - from + 1, signal)).lines,
      follow: (listener) => follow(place, job.name, log.name, log.lines, listener),
    }),
    [place, job.name, log.name, log.lines, isGrowing],
  );
  const search = async (text: string, signal: AbortSignal): Promise<Found> => {
    const { count, matches } = await searchLog(place, job.name, log.name, text).fetch(signal);
    const lines = matches.map(({ line, text: found }) => ({
      logId: 0,
      line,
      text: found,
      where: log.name,
    }));
    return { count, lines };
  };
  const isFile = job.type !== "Pipeline";
  return (
    <LogView
      id={`${job.name}/${log.name}`}
      title={log.name}
      label={log.name}
      source={source}
      search={search}
      rawUrl={isFile ? fileAddress(place, job.name, "artifacts", log.name) : undefined}
      logId={0}
    />
  );
}

/** Ask for what is new again and again; answers what stops it. */
function follow(
  place: Place,
  job: string,
  log: string,
  known: number,
  listener: (firstLine: number, lines: string[]) => void,
): () => void {
  const controller = new AbortController();
  let next = known + 1;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ask = async () => {
    try {
      const { lines } = await logLines(place, job, log, next, MOST, controller.signal);
      if (lines.length > 0) listener(next, lines);
      next += lines.length;
    } catch {
      if (controller.signal.aborted) return;
    }
    timer = setTimeout(() => void ask(), FOLLOW_MS);
  };
  void ask();
  return () => {
    controller.abort();
    clearTimeout(timer);
  };
}
