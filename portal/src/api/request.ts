/** One HTTP request to our own server, and the one error that every page shows alike. */

/** The server refused a request, or could not be reached (`status` 0). */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export type Query = Record<string, string | number | boolean | undefined | null>;

export interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  query?: Query;
  /** Sent as JSON; a file as it is. */
  body?: unknown;
  /** `text` asks for plain text, `json` (the default) for JSON. */
  accept?: "json" | "text";
  signal?: AbortSignal;
}

/** A path with its query; what is undefined, null or empty is left out. */
export function address(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(
    (pair): pair is [string, string | number | boolean] =>
      pair[1] !== undefined && pair[1] !== null && pair[1] !== "",
  );
  if (pairs.length === 0) return path;
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]));
  return `${path}${path.includes("?") ? "&" : "?"}${text}`;
}

/** A path of segments, each encoded: what a user named may hold any sign. */
export function path(...segments: (string | number)[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join("");
}

let onSignedOut: () => void = () => {};

/** Told once the server says that nobody is signed in. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/** The answer to a request. Raises `ApiError`, never anything else but an abort. */
export async function request<T>(url: string, options: RequestOptions = {}): Promise<T> {
  const { method = "GET", query, body, accept = "json", signal } = options;
  const headers = new Headers({ accept: accept === "json" ? "application/json" : "text/plain" });
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (signal) init.signal = signal;
  if (body !== undefined) {
    headers.set("content-type", contentType(method, body));
    init.body = body instanceof Blob ? body : JSON.stringify(body);
  }
  const { response, text } = await exchange(address(url, query), init);
  if (!response.ok) throw refusal(response, text);
  if (accept === "text") return text as T;
  if (text === "") return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ApiError(response.status, "NotJson", `the answer of ${url} is not JSON`);
  }
}

function contentType(method: string, body: unknown): string {
  if (body instanceof Blob) return "application/octet-stream";
  const isPatch = method === "PATCH" && Array.isArray(body);
  return isPatch ? "application/json-patch+json" : "application/json";
}

/** An answer and all of its text: a connection may break before the last of it. */
async function exchange(
  url: string,
  init: RequestInit,
): Promise<{ response: Response; text: string }> {
  try {
    const response = await fetch(url, init);
    return { response, text: await response.text() };
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "Unreachable", "the server does not answer; is `penstock up` running?");
  }
}

function refusal(response: Response, text: string): ApiError {
  if (response.status === 401) onSignedOut();
  const { code, message } = readError(text);
  return new ApiError(
    response.status,
    code || String(response.status),
    message || response.statusText || `the server answered ${response.status}`,
  );
}

/** Code and message of an error body: Azure DevOps's, Azure Resource Manager's, MLflow's. */
export function readError(body: string): { code: string; message: string } {
  try {
    const value = JSON.parse(body) as Record<string, unknown>;
    const inner = value.error;
    const error = (typeof inner === "object" && inner !== null ? inner : value) as Record<
      string,
      unknown
    >;
    const code = error.code ?? error.typeKey ?? error.error_code ?? "";
    return { code: String(code), message: typeof error.message === "string" ? error.message : "" };
  } catch {
    return { code: "", message: "" };
  }
}
