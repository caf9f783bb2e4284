/** What a state and a result of either service mean to the eye: one picture and one word. */

export type Look =
  | "success"
  | "warning"
  | "failure"
  | "running"
  | "waiting"
  | "canceled"
  | "skipped"
  | "unknown";

const RESULTS: Record<string, [Look, string]> = {
  succeeded: ["success", "Succeeded"],
  succeededwithissues: ["warning", "Succeeded with issues"],
  partiallysucceeded: ["warning", "Partially succeeded"],
  failed: ["failure", "Failed"],
  canceled: ["canceled", "Canceled"],
  cancelled: ["canceled", "Canceled"],
  skipped: ["skipped", "Skipped"],
  abandoned: ["failure", "Abandoned"],
  // Azure Machine Learning's words for the same.
  completed: ["success", "Completed"],
  finished: ["success", "Finished"],
  notresponding: ["failure", "Not responding"],
  killed: ["canceled", "Killed"],
};

const STATES: Record<string, [Look, string]> = {
  notstarted: ["waiting", "Queued"],
  pending: ["waiting", "Pending"],
  queued: ["waiting", "Queued"],
  postponed: ["waiting", "Postponed"],
  waiting: ["waiting", "Waiting"],
  inprogress: ["running", "Running"],
  running: ["running", "Running"],
  cancelling: ["running", "Canceling"],
  cancelrequested: ["running", "Canceling"],
  preparing: ["running", "Preparing"],
  provisioning: ["running", "Provisioning"],
  starting: ["running", "Starting"],
  finalizing: ["running", "Finalizing"],
  paused: ["waiting", "Paused"],
  data: ["unknown", "Data"],
};

/** The picture and the word for a state with its result; either may be absent. */
export function lookOf(
  state: string | null | undefined,
  result: string | null | undefined,
): { look: Look; word: string } {
  const name = (result ?? "").toLowerCase();
  const at = (state ?? "").toLowerCase();
  const found = RESULTS[name] ?? STATES[at] ?? RESULTS[at];
  if (found) return { look: found[0], word: found[1] };
  return { look: "unknown", word: result || state || "Unknown" };
}

/** Whether nothing more will happen to a run, a record or a job. */
export function isOver(state: string | null | undefined): boolean {
  const { look } = lookOf(state, null);
  return look !== "running" && look !== "waiting";
}
