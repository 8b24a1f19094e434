/** Time ranges as addresses write them, and the intervals of queries. */

import { dateMath, dateTime, rangeUtil, type TimeRange } from '@grafana/data';

import type { Panel, Target } from './model.ts';

/** Where `from` and `to` are as in an address: "now-6h", or milliseconds since 1970. */
export function timeRange(from: string, to: string): TimeRange {
  return { from: moment(from, false), to: moment(to, true), raw: { from: raw(from), to: raw(to) } };
}

function moment(written: string, roundUp: boolean) {
  const parsed = /^\d+$/.test(written) ? dateTime(Number(written)) : dateMath.toDateTime(written, { roundUp });
  if (!parsed?.isValid()) {
    throw new Error(`${JSON.stringify(written)} is not a time such as now-6h or 1704067200000`);
  }
  return parsed;
}

function raw(written: string) {
  return /^\d+$/.test(written) ? dateTime(Number(written)) : written;
}

/** The time range of a panel that sets its own ("timeFrom", "timeShift"), as a part of the dashboard's. */
export function rangeOfPanel(panel: Panel, range: TimeRange): TimeRange {
  let { from, to } = range;
  if (panel.timeFrom) {
    from = dateTime(to.valueOf() - rangeUtil.intervalToMs(panel.timeFrom.replace(/^now-/, '')));
  }
  if (panel.timeShift) {
    const shift = rangeUtil.intervalToMs(panel.timeShift);
    from = dateTime(from.valueOf() - shift);
    to = dateTime(to.valueOf() - shift);
  }
  return panel.timeFrom || panel.timeShift ? { from, to, raw: { from, to } } : range;
}

/** The intervals of one query, in seconds. */
export interface Interval {
  step: number;
  rateInterval: number;
}

// The data source's setting "scrape interval", as Grafana has it when nobody has set it.
const SOURCE_INTERVAL = 15;
// Prometheus refuses to answer with more points than this for each series.
const MOST_POINTS = 11_000;

/**
 * The step between the points of a query, and the window of `$__rate_interval`.
 *
 * The panel's shortest interval, or else the data source's, goes into the window; the query's own goes into both.
 * `pixels` is the panel's width: a graph asks for as many points as it is wide.
 */
export function intervals(panel: Panel, target: Pick<Target, 'interval'>, range: TimeRange, pixels: number): Interval {
  const seconds = (range.to.valueOf() - range.from.valueOf()) / 1000;
  const perPoint = seconds / (panel.maxDataPoints ?? Math.max(1, Math.floor(pixels)));
  const ofPanel = lowest(panel.interval) || SOURCE_INTERVAL;
  const ofQuery = lowest(target.interval) || ofPanel;
  const step = perPoint < ofQuery ? ofQuery : rounded(perPoint);
  return {
    step: Math.max(step, rounded(seconds / MOST_POINTS)),
    rateInterval: Math.max(Math.max(rounded(perPoint), ofPanel) + ofQuery, 4 * ofQuery),
  };
}

function lowest(written: string | null | undefined): number {
  return written ? rangeUtil.intervalToMs(written.replace(/^>/, '')) / 1000 : 0;
}

/** To a step that a reader knows: 1 s, 2 s, 5 s, 10 s ... */
export function rounded(seconds: number): number {
  return Math.max(1, rangeUtil.roundInterval(seconds * 1000) / 1000);
}

/** The words that a query's text may hold of the time range, such as `$__range`. */
export function rangeWords(range: TimeRange): Record<string, string> {
  const seconds = Math.round((range.to.valueOf() - range.from.valueOf()) / 1000);
  return {
    __range: `${seconds}s`,
    __range_s: `${seconds}`,
    __range_ms: `${seconds * 1000}`,
    __from: `${range.from.valueOf()}`,
    __to: `${range.to.valueOf()}`,
  };
}

/** The words that a query's text may hold of its intervals, such as `$__rate_interval`. */
export function intervalWords(interval: Interval): Record<string, string> {
  return {
    __interval: `${interval.step}s`,
    __interval_ms: `${interval.step * 1000}`,
    __rate_interval: `${interval.rateInterval}s`,
    __rate_interval_ms: `${interval.rateInterval * 1000}`,
  };
}
