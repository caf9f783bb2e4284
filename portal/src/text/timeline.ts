/** A run's records as the tree that people see: stages, their jobs, the steps of a job. */

import type { TimelineRecord } from "../api/wire.ts";

export interface JobNode {
  record: TimelineRecord;
  steps: TimelineRecord[];
}

export interface StageNode {
  record: TimelineRecord;
  jobs: JobNode[];
}

/** Whether a stage is the one that a pipeline without stages has, which nobody named. */
export function isUnnamed(stage: string | undefined): boolean {
  return stage === "__default";
}

/** `Deploy / Push`: a job and its stage, where that has a name. */
export function placeOf(stage: string | undefined, job: string | undefined): string {
  return [isUnnamed(stage) ? undefined : stage, job].filter(Boolean).join(" / ");
}

const byOrder = (one: TimelineRecord, other: TimelineRecord) =>
  (one.order ?? 0) - (other.order ?? 0) || one.name.localeCompare(other.name);

/** Stages with jobs and steps, each in order. Phases are seen through; one without a job (a deployment
 * that was skipped) stands for it. Only the last attempt counts. */
export function timelineTree(records: readonly TimelineRecord[]): StageNode[] {
  const children = new Map<string | null, TimelineRecord[]>();
  for (const record of records) {
    const siblings = children.get(record.parentId);
    if (siblings) siblings.push(record);
    else children.set(record.parentId, [record]);
  }
  const below = (id: string) => [...(children.get(id) ?? [])].sort(byOrder);
  const jobsBelow = (id: string): JobNode[] =>
    below(id).flatMap((record) => {
      if (record.type === "Phase") {
        const inside = jobsBelow(record.id);
        return inside.length > 0 ? inside : [{ record, steps: [] }];
      }
      if (record.type === "Job") return [{ record, steps: stepsBelow(record.id) }];
      return [];
    });
  const stepsBelow = (id: string): TimelineRecord[] =>
    below(id).filter((record) => record.type === "Task");
  return records
    .filter((record) => record.type === "Stage")
    .sort(byOrder)
    .map((record) => ({ record, jobs: jobsBelow(record.id) }));
}

/** Everything that has a place in the list beside a log, found by its id. */
export function findStep(
  stages: readonly StageNode[],
  where: { job?: string | null; step?: string | null },
): { stage: StageNode; job: JobNode; step: TimelineRecord | undefined } | undefined {
  for (const stage of stages) {
    for (const job of stage.jobs) {
      const step = where.step ? job.steps.find((one) => one.id === where.step) : undefined;
      if (step) return { stage, job, step };
      if (!where.step && where.job && job.record.id === where.job) {
        return { stage, job, step: firstToSee(job) };
      }
    }
  }
  return undefined;
}

/** The job and step to open when none is named: what failed, else what runs, else the last. */
export function whereToLook(
  stages: readonly StageNode[],
): { stage: StageNode; job: JobNode; step: TimelineRecord | undefined } | undefined {
  const all = stages.flatMap((stage) => stage.jobs.map((job) => ({ stage, job })));
  const found =
    all.find(({ job }) => job.record.result === "failed" || job.record.result === "abandoned") ??
    all.find(({ job }) => job.record.state === "inProgress") ??
    all.findLast(({ job }) => job.steps.some((step) => step.log !== null)) ??
    all[0];
  return found && { ...found, step: firstToSee(found.job) };
}

/** The step of a job to open: what failed, else what runs, else the last that has lines. */
export function firstToSee(job: JobNode): TimelineRecord | undefined {
  return (
    job.steps.find((step) => step.result === "failed") ??
    job.steps.find((step) => step.state === "inProgress") ??
    job.steps.find((step) => step.result === "succeededWithIssues" && (step.errorCount ?? 0) > 0) ??
    job.steps.findLast((step) => step.log !== null) ??
    job.steps[0]
  );
}
