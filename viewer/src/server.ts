/** What the page asks of the server that it came from: the renderer's or the demo's. */

import type { Dashboard, DashboardSummary } from './model.ts';
import type { RecordedRows } from './rows.ts';

export interface PrometheusSeries {
  metric: Record<string, string>;
  values?: Array<[number, string]>;
  value?: [number, string];
}

export interface PrometheusData {
  resultType: string;
  result: PrometheusSeries[] | [number, string];
}

/** An answer that a reader sees as a red corner on the panel; the message says why. */
export class Refused extends Error {}

export async function dashboards(): Promise<DashboardSummary[]> {
  return (await fetched('/dashboards.json')) as DashboardSummary[];
}

export async function dashboard(uid: string): Promise<Dashboard> {
  return (await fetched(`/dashboards/${encodeURIComponent(uid)}.json`)) as Dashboard;
}

/** The rows recorded for the panels of a dashboard that ask Azure; undefined if there are none. */
export async function recordedRows(uid: string): Promise<RecordedRows | undefined> {
  return ((await fetched(`/rows/${encodeURIComponent(uid)}.json`)) as RecordedRows | null) ?? undefined;
}

export async function queryInstant(expr: string, at: number): Promise<PrometheusData> {
  return (await prometheus('query', { query: expr, time: String(at) })) as PrometheusData;
}

export async function queryRange(expr: string, start: number, end: number, step: number): Promise<PrometheusData> {
  const range = { query: expr, start: String(start), end: String(end), step: String(step) };
  return (await prometheus('query_range', range)) as PrometheusData;
}

export async function labelValues(
  label: string,
  selector: string | undefined,
  start: number,
  end: number,
): Promise<string[]> {
  const range = { start: String(start), end: String(end), ...(selector ? { 'match[]': selector } : {}) };
  const path = `/prometheus/api/v1/label/${encodeURIComponent(label)}/values?${new URLSearchParams(range)}`;
  return (await answered(await fetch(path))) as string[];
}

export async function seriesOf(selector: string, start: number, end: number): Promise<Array<Record<string, string>>> {
  const range = { start: String(start), end: String(end), 'match[]': selector };
  return (await prometheus('series', range)) as Array<Record<string, string>>;
}

async function prometheus(endpoint: string, parameters: Record<string, string>): Promise<unknown> {
  const body = new URLSearchParams(parameters);
  return answered(await fetch(`/prometheus/api/v1/${endpoint}`, { method: 'POST', body }));
}

async function answered(answer: Response): Promise<unknown> {
  const text = await answer.text();
  let data: { status?: string; data?: unknown; error?: string };
  try {
    data = JSON.parse(text) as typeof data;
  } catch {
    throw new Refused(`Prometheus answered ${answer.status}: ${text.slice(0, 200)}`);
  }
  if (data.status !== 'success') {
    throw new Refused(data.error ?? `Prometheus answered ${answer.status}`);
  }
  return data.data;
}

async function fetched(path: string): Promise<unknown> {
  const answer = await fetch(path);
  if (!answer.ok) {
    throw new Refused(`${path}: ${answer.status} ${answer.statusText}`);
  }
  return answer.json();
}
