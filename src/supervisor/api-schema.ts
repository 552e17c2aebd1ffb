/** The control API as data: what `docs/api.md` and `docs/openapi.json` are made from, and a test compares with the routes. */

export interface Operation {
  readonly method: "get" | "post";
  /** As OpenAPI has it: parameters in braces. */
  readonly path: string;
  readonly summary: string;
  /** Members of the request's JSON, with what they mean. */
  readonly body?: Readonly<Record<string, string>>;
  /** What comes back. */
  readonly answer: string;
  /** Its media type. Default: application/json. */
  readonly type?: string;
}

export const operations: readonly Operation[] = [
  {
    method: "get",
    path: "/v1/status",
    summary: "All units and how they are.",
    answer: "generation, pid, settled, units: as `status --json`",
  },
  {
    method: "get",
    path: "/v1/settled",
    summary: "As status, once nothing is on its way any more, or after 25 seconds.",
    answer: "as /v1/status",
  },
  {
    method: "get",
    path: "/v1/units/{name}",
    summary: "One unit, with its last 20 changes.",
    answer: "as `status UNIT --json`",
  },
  {
    method: "get",
    path: "/v1/events",
    summary:
      "Changes of units as server-sent events. The header Last-Event-ID goes on after an event that was seen; where that is not possible any more, and at first, an event `status` with everything comes first.",
    answer: "event `status` (as /v1/status), then events `unit` (one of its units), each with an id",
    type: "text/event-stream",
  },
  {
    method: "get",
    path: "/v1/metrics",
    summary: "Figures for Prometheus.",
    answer: "Prometheus' text format",
    type: "text/plain",
  },
  { method: "get", path: "/v1/openapi.json", summary: "This API, for programs.", answer: "OpenAPI 3.1" },
  {
    method: "post",
    path: "/v1/load",
    summary: "Puts the units of a generation's file in force.",
    body: { path: "the file" },
    answer: "as /v1/status",
  },
  {
    method: "post",
    path: "/v1/units/{name}/start",
    summary: "Starts a unit, and what it requires first.",
    answer: "as /v1/status",
  },
  {
    method: "post",
    path: "/v1/units/{name}/stop",
    summary: "Stops a unit, and what requires it first.",
    answer: "as /v1/status",
  },
  {
    method: "post",
    path: "/v1/units/{name}/restart",
    summary: "Stops a unit and what requires it, then starts them again.",
    answer: "as /v1/status",
  },
  {
    method: "post",
    path: "/v1/units/{name}/enable",
    summary: "Lets a unit be started again.",
    answer: "as /v1/status",
  },
  {
    method: "post",
    path: "/v1/units/{name}/disable",
    summary: "Lets nothing start a unit any more.",
    answer: "as /v1/status",
  },
  {
    method: "post",
    path: "/v1/units/{name}/actions/{action}",
    summary: "Asks a unit to do something.",
    body: { arguments: "a list of strings, appended to the action's own" },
    answer: "status, stdout, stderr of what was run",
  },
  {
    method: "post",
    path: "/v1/shutdown",
    summary: "Ends the supervisor; what runs goes on.",
    body: { stop: "true: everything is stopped first" },
    answer: "as /v1/status",
  },
];

/** The control API as OpenAPI has it. */
export function openApi(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path, summary, body, answer, type = "application/json" } of operations) {
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      ...{ name, in: "path", required: true, schema: { type: "string" } },
    }));
    const properties = Object.fromEntries(
      Object.entries(body ?? {}).map(([name, description]) => [name, { description }]),
    );
    const requestBody = { content: { "application/json": { schema: { type: "object", properties } } } };
    const refused = { description: "errors: a list of { code, message, hint }" };
    paths[path] = {
      ...paths[path],
      [method]: {
        summary,
        ...(parameters.length === 0 ? {} : { parameters }),
        ...(body === undefined ? {} : { requestBody }),
        responses: { 200: { description: answer, content: { [type]: {} } }, 400: refused },
      },
    };
  }
  return { openapi: "3.1.0", info: { title: "Lading's control API", version: "1" }, paths };
}
