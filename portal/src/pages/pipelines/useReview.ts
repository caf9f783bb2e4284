import { useCallback, useEffect, useMemo, useState } from "react";
import type { ApiError } from "../../api/request.ts";
import { type PreviewRequest, preview } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import type { Preview } from "../../api/wire.ts";
import { useQueryState } from "../../app/query.ts";
import {
  awaitedOf,
  readSupposed,
  requestOf,
  type Supposed,
  withoutAwaited,
  writeSupposed,
} from "./supposed.ts";

export interface Review {
  /** What the server said last. */
  preview: Preview | undefined;
  /** The last answer with a full YAML, which is older than `preview` while the text is wrong. */
  whole: Preview | undefined;
  error: ApiError | undefined;
  isChecking: boolean;
  diagnostics: Preview["diagnostics"];
  /** Parameters that a run needs and that have no value yet. */
  awaited: string[];
  isWrong: boolean;
  supposed: Supposed;
  suppose: (supposed: Supposed) => void;
}

type Answers = Pick<Review, "preview" | "whole" | "error">;

const NO_PARAMETERS: Preview["parameters"] = [];
const NO_ANSWER: Answers = { preview: undefined, whole: undefined, error: undefined };

/** What the server says of a YAML text and a supposed run of it, asked again when typing rests. */
export function useReview(scope: Scope, file: PreviewRequest | undefined): Review {
  const [state, change] = useQueryState();
  const [answers, setAnswers] = useState<Answers>(NO_ANSWER);
  const [isChecking, setChecking] = useState(false);
  const said = state.get("suppose");
  const supposed = useMemo(() => readSupposed(said), [said]);
  const suppose = useCallback(
    (next: Supposed) => change({ suppose: writeSupposed(next) }),
    [change],
  );
  const parameters = answers.preview?.parameters ?? NO_PARAMETERS;
  const wanted = file && { ...file, ...requestOf(supposed, parameters) };
  const key = wanted === undefined ? "" : JSON.stringify(wanted);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the request
  useEffect(() => {
    if (wanted === undefined) return;
    const controller = new AbortController();
    setChecking(true);
    const ask = () =>
      preview(scope, wanted, controller.signal)
        .then(
          (found) =>
            setAnswers(({ whole }) => ({
              preview: found,
              whole: found.finalYaml === null ? whole : found,
              error: undefined,
            })),
          (error: ApiError) => {
            if (!controller.signal.aborted) setAnswers((old) => ({ ...old, error }));
          },
        )
        .finally(() => {
          if (!controller.signal.aborted) setChecking(false);
        });
    const timer = setTimeout(ask, answers.preview === undefined ? 0 : 400);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [key]);
  const found = answers.preview?.diagnostics;
  const diagnostics = useMemo(() => withoutAwaited(found ?? []), [found]);
  const awaited = useMemo(() => awaitedOf(supposed, parameters), [supposed, parameters]);
  return {
    ...answers,
    isChecking,
    diagnostics,
    awaited,
    isWrong: diagnostics.some((one) => one.severity === "error"),
    supposed,
    suppose,
  };
}
