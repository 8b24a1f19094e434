/** The annotations of a dashboard: what its queries find, as stretches of time to be marked on the graphs. */

import type { TimeRange } from '@grafana/data';

import type { Occurrence } from './context.ts';
import { PROMETHEUS, type Annotation, type Dashboard } from './model.ts';
import { queryRange, Refused, type PrometheusSeries } from './server.ts';
import { intervals, intervalWords, rangeWords } from './time.ts';
import { fill, forPromql, type Variables } from './variables.ts';

export interface Annotations {
  occurrences: Occurrence[];
  found: Array<{ name: string; number: number }>;
  problems: string[];
}

const DEFAULT_STEP = '60s';

/** Never rejects: a query that fails is a problem of the page, and the panels are drawn all the same. */
export async function annotationsOf(
  dashboard: Dashboard,
  variables: Variables,
  range: TimeRange,
): Promise<Annotations> {
  const result: Annotations = { occurrences: [], found: [], problems: [] };
  const asked = (dashboard.annotations?.list ?? []).filter(({ builtIn, enable }) => !builtIn && enable !== false);
  const answers = await Promise.allSettled(asked.map((annotation) => occurrencesOf(annotation, variables, range)));
  for (const [index, answer] of answers.entries()) {
    const name = asked[index]?.name ?? '';
    if (answer.status === 'fulfilled') {
      result.occurrences.push(...answer.value);
      result.found.push({ name, number: answer.value.length });
    } else {
      const reason = answer.reason instanceof Error ? answer.reason.message : String(answer.reason);
      result.problems.push(`annotation ${name}: ${reason}`);
    }
  }
  return result;
}

async function occurrencesOf(annotation: Annotation, variables: Variables, range: TimeRange): Promise<Occurrence[]> {
  if (annotation.datasource?.type !== PROMETHEUS) {
    throw new Refused(`the viewer does not ask a data source of the type ${annotation.datasource?.type}`);
  }
  const written = annotation.expr ?? annotation.target?.expr;
  if (!written) {
    throw new Refused('has no query');
  }
  // No more points than pixels, and no closer together than the annotation says.
  const shortest = annotation.step ?? annotation.target?.interval ?? annotation.target?.step ?? DEFAULT_STEP;
  const interval = intervals(
    { id: 0, type: '', gridPos: { x: 0, y: 0, w: 24, h: 1 } },
    { interval: shortest },
    range,
    window.innerWidth,
  );
  const words = { ...rangeWords(range), ...intervalWords(interval) };
  const expr = fill(written, variables, words, forPromql);
  const [start, end] = [range.from.valueOf() / 1000, range.to.valueOf() / 1000].map(
    (moment) => Math.floor(moment / interval.step) * interval.step,
  ) as [number, number];
  const data = await queryRange(expr, start, end, interval.step);
  const byTime = annotation.useValueForTime === true || annotation.useValueForTime === 'on';
  return (data.result as PrometheusSeries[]).flatMap((series) => {
    const title = legend(annotation.titleFormat ?? '', series.metric) || annotation.name;
    const text = legend(annotation.textFormat ?? '', series.metric);
    return stretches(series, interval.step * 1000, byTime).map(([time, timeEnd]) => ({
      annotation: annotation.name,
      color: annotation.iconColor ?? 'rgba(0, 211, 255, 1)',
      time,
      timeEnd,
      title,
      text,
      filter: annotation.filter,
    }));
  });
}

/** From when until when the series is there and not 0, in milliseconds; or the moments that its values name. */
function stretches({ values = [] }: PrometheusSeries, step: number, byTime: boolean): Array<[number, number]> {
  if (byTime) {
    const moments = [...new Set(values.map(([, value]) => Number(value)).filter((value) => value > 0))];
    return moments.map((moment) => [moment, moment]);
  }
  const found: Array<[number, number]> = [];
  for (const [seconds, value] of values) {
    const time = seconds * 1000;
    const last = found.at(-1);
    if (!(Number(value) !== 0)) {
      continue;
    }
    if (last && time - last[1] <= step) {
      last[1] = time;
    } else {
      found.push([time, time]);
    }
  }
  return found;
}

function legend(format: string, metric: Record<string, string>): string {
  return format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label: string) => metric[label] ?? '');
}

/** Whether an occurrence is to be seen on a panel. */
export function isFor({ filter }: Occurrence, panel: number): boolean {
  if (!filter?.ids?.length) {
    return true;
  }
  return filter.ids.includes(panel) !== Boolean(filter.exclude);
}
