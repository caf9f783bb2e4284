/** A thing on the server, fetched and kept live by one call. */

import {
  keepPreviousData,
  type QueryKey,
  type UseQueryResult,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { ApiError } from "./request.ts";
import { listen, type StreamEvent, type StreamState } from "./stream.ts";

/**
 * How to fetch a thing, and how to keep it as it is on the server.
 *
 * `live.apply` folds a batch of events into what is shown, or answers `"refetch"` when they say
 * only that something changed. Where the stream is broken the thing is fetched every five seconds.
 */
export interface Resource<T> {
  key: QueryKey;
  fetch: (signal: AbortSignal) => Promise<T>;
  live?: {
    url: string;
    apply: (current: T, events: StreamEvent[]) => T | "refetch";
  };
  /** Fetch again each so many milliseconds, for what has no stream. */
  poll?: number;
  /** Show what the previous address gave until this one answers (pages of one list). */
  keep?: boolean;
  /** False until all that the address needs is known. */
  enabled?: boolean;
}

const FALLBACK_MS = 5000;
const REFETCH_MS = 1000;

/** The thing, kept live while the component is mounted. */
export function useResource<T>(resource: Resource<T>): UseQueryResult<T, ApiError> {
  const client = useQueryClient();
  const [stream, setStream] = useState<StreamState>("connecting");
  const latest = useRef(resource);
  latest.current = resource;
  const isEnabled = resource.enabled ?? true;
  const query = useQuery<T, ApiError>({
    queryKey: resource.key,
    queryFn: ({ signal }) => resource.fetch(signal),
    enabled: isEnabled,
    refetchInterval: resource.live ? stream === "broken" && FALLBACK_MS : (resource.poll ?? false),
    ...(resource.keep ? { placeholderData: keepPreviousData } : {}),
  });

  const liveUrl = isEnabled ? resource.live?.url : undefined;
  const isFetched = query.isSuccess;
  useEffect(() => {
    if (liveUrl === undefined || !isFetched) return;
    let refetchTimer: ReturnType<typeof setTimeout> | undefined;
    let wasBroken = false;
    const refetch = () => {
      refetchTimer ??= setTimeout(() => {
        refetchTimer = undefined;
        void client.invalidateQueries({ queryKey: latest.current.key });
      }, REFETCH_MS);
    };
    const stop = listen(liveUrl, {
      events(batch) {
        const { key, live } = latest.current;
        const current = client.getQueryData<T>(key);
        if (current === undefined || live === undefined) return;
        const next = live.apply(current, batch);
        if (next === "refetch") refetch();
        else if (next !== current) client.setQueryData<T>(key, next);
      },
      state(state) {
        setStream(state);
        // What happened while the stream was broken may be older than the server's memory of it.
        if (state === "open" && wasBroken) refetch();
        wasBroken = state === "broken" || (wasBroken && state !== "open");
      },
    });
    return () => {
      stop();
      clearTimeout(refetchTimer);
    };
  }, [client, liveUrl, isFetched]);
  return query;
}

/** A list with a row replaced, or put first when it is new and belongs here. */
export function merged<T extends { id: number | string }>(
  rows: readonly T[],
  row: T,
  belongs: (row: T) => boolean,
): T[] {
  const index = rows.findIndex((known) => known.id === row.id);
  if (index >= 0) {
    return belongs(row)
      ? rows.map((known, at) => (at === index ? { ...known, ...row } : known))
      : rows.filter((_, at) => at !== index);
  }
  return belongs(row) ? [row, ...rows] : [...rows];
}
