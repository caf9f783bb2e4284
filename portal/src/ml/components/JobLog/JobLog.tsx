import { useMemo } from "react";
import { listen } from "../../../api/stream.ts";
import { LogView } from "../../../components/LogView/LogView.tsx";
import type { Found, LogSource } from "../../../components/LogView/source.ts";
import { isOver } from "../../../text/states.ts";
import { fileAddress, logLines, searchLog } from "../../api/jobs.ts";
import { jobStream } from "../../api/live.ts";
import type { Place } from "../../api/place.ts";
import type { Job, LogEvent, LogFile } from "../../api/wire.ts";

/** A log of a job, followed while the job goes on. */
export function JobLog({ place, job, log }: { place: Place; job: Job; log: LogFile }) {
  const isGrowing = !isOver(job.status);
  const source = useMemo<LogSource>(
    () => ({
      lineCount: log.lines,
      isGrowing,
      read: async ({ from, to }, signal) =>
        (await logLines(place, job.name, log.name, from, to - from + 1, signal)).lines,
      ...(isGrowing
        ? {
            follow: (listener) =>
              listen(jobStream(place, job.name), {
                events(batch) {
                  for (const event of batch) {
                    if (event.type !== "log") continue;
                    const more = event.data as LogEvent;
                    if (more.log === log.name) listener(more.firstLine, more.lines);
                  }
                },
              }),
          }
        : {}),
    }),
    [place, job.name, log.name, log.lines, isGrowing],
  );
  const search = async (text: string, signal: AbortSignal): Promise<Found> => {
    const { count, matches } = await searchLog(place, job.name, log.name, text, signal);
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
