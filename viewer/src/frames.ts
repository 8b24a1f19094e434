/** What Prometheus answers to the queries of a panel, as the data frames that Grafana's components draw. */

import { DataFrameType, FieldType, type DataFrame, type Field, type TimeRange } from '@grafana/data';

import type { Target } from './model.ts';
import { queryInstant, queryRange, Refused, type PrometheusData, type PrometheusSeries } from './server.ts';
import { intervalWords, rangeWords, type Interval } from './time.ts';
import { fill, forPromql, type Variables } from './variables.ts';

/** The frames of one query. Rejects with Refused for what Prometheus does not answer. */
export async function prometheusFrames(
  target: Target,
  variables: Variables,
  range: TimeRange,
  interval: Interval,
  several: boolean,
): Promise<DataFrame[]> {
  const words = { ...rangeWords(range), ...intervalWords(interval) };
  const expr = fill(target.expr ?? '', variables, words, forPromql);
  const legend = fill(target.legendFormat ?? '', variables, words);
  const frames: DataFrame[] = [];
  const [start, end] = [range.from.valueOf() / 1000, range.to.valueOf() / 1000];
  if (target.range || !target.instant) {
    const { step } = interval;
    const data = await queryRange(expr, Math.floor(start / step) * step, Math.floor(end / step) * step, step);
    frames.push(...framesOf(data, target, legend, step * 1000, several));
  }
  if (target.instant) {
    frames.push(...framesOf(await queryInstant(expr, end), target, legend, undefined, several));
  }
  return frames;
}

function framesOf(
  data: PrometheusData,
  target: Target,
  legend: string,
  step: number | undefined,
  several: boolean,
): DataFrame[] {
  const series = listed(data);
  switch (target.format) {
    case 'table':
      return series.length > 0 ? [tableOf(series, target, several)] : [];
    case 'heatmap':
      return series.length > 0 ? [heatmapOf(series, target, step)] : [];
    default:
      return series.map((one) => frameOf(one, target, legend, step));
  }
}

function listed({ resultType, result }: PrometheusData): PrometheusSeries[] {
  switch (resultType) {
    case 'matrix':
    case 'vector':
      return result as PrometheusSeries[];
    case 'scalar':
      return [{ metric: {}, value: result as [number, string] }];
    default:
      throw new Refused(`Prometheus answered with a ${resultType}`);
  }
}

function pointsOf({ values, value }: PrometheusSeries): Array<[number, number]> {
  return (values ?? (value ? [value] : [])).map(([time, text]) => [time * 1000, number(text)]);
}

function number(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}

function timeField(values: number[], step: number | undefined): Field {
  // The interval makes a gap of what is missing between two points.
  return { name: 'Time', type: FieldType.time, config: step ? { interval: step } : {}, values };
}

function frameOf(series: PrometheusSeries, target: Target, legend: string, step: number | undefined): DataFrame {
  const points = pointsOf(series);
  const { __name__: metric, ...labels } = series.metric;
  const name = nameOf(series.metric, legend);
  const value: Field = {
    // Grafana calls a series by its metric where the query keeps it.
    name: metric && legend === AUTOMATIC ? metric : 'Value',
    type: FieldType.number,
    labels,
    config: name === undefined ? {} : { displayNameFromDS: name },
    values: points.map(([, number]) => number),
  };
  const time = timeField(
    points.map(([moment]) => moment),
    step,
  );
  const type = step ? DataFrameType.TimeSeriesMulti : DataFrameType.NumericMulti;
  return {
    refId: target.refId,
    ...(name === undefined ? {} : { name }),
    meta: { type },
    fields: [time, value],
    length: points.length,
  };
}

const AUTOMATIC = '__auto';

/** What a series is called: by its legend, or without one as Prometheus writes it. */
function nameOf(metric: Record<string, string>, legend: string): string | undefined {
  if (legend === AUTOMATIC) {
    return undefined;
  }
  if (legend) {
    return legend.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label: string) => metric[label] ?? '');
  }
  const { __name__: name = '', ...labels } = metric;
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length > 0 ? `${name}{${pairs.join(', ')}}` : name || 'Value';
}

/** One row for each point of each series: its time, its labels, its value. */
function tableOf(series: PrometheusSeries[], target: Target, several: boolean): DataFrame {
  const labels = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const rows = series.flatMap((one) => pointsOf(one).map(([time, value]) => ({ metric: one.metric, time, value })));
  const fields: Field[] = [
    timeField(
      rows.map(({ time }) => time),
      undefined,
    ),
    ...labels.map((label) => ({
      name: label,
      type: FieldType.string,
      config: { filterable: true },
      values: rows.map(({ metric }) => metric[label] ?? ''),
    })),
    {
      name: several ? `Value #${target.refId}` : 'Value',
      type: FieldType.number,
      config: {},
      values: rows.map(({ value }) => value),
    },
  ];
  return { refId: target.refId, fields, length: rows.length };
}

/** Buckets of a histogram, each less the ones below it, in the order of their bounds. */
function heatmapOf(series: PrometheusSeries[], target: Target, step: number | undefined): DataFrame {
  const bounded = series
    .map((one) => ({ bound: one.metric['le'] ?? '', points: new Map(pointsOf(one)) }))
    .sort((a, b) => number(a.bound) - number(b.bound));
  const times = [...new Set(bounded.flatMap(({ points }) => [...points.keys()]))].sort((a, b) => a - b);
  const fields = bounded.map(({ bound, points }, index) => ({
    name: bound,
    type: FieldType.number,
    labels: { le: bound },
    config: {},
    values: times.map((time) => {
      const [own, below] = [points.get(time), index > 0 ? (bounded[index - 1]?.points.get(time) ?? 0) : 0];
      return own === undefined ? null : Math.max(0, own - below);
    }),
  }));
  return {
    refId: target.refId,
    meta: { type: DataFrameType.HeatmapRows },
    fields: [timeField(times, step), ...fields],
    length: times.length,
  };
}
