/**
 * Rows recorded for panels whose data source cannot be asked here, as a JSON file beside the dashboard says them:
 *
 *     {"panels": {"<panel id>": {"<ref id>": {
 *       "columns": [{"name": "TimeGenerated", "type": "time"}, {"name": "DeploymentName", "type": "string"},
 *                   {"name": "RequestRate", "type": "number"}],
 *       "rows": [[1704067200000, "blue", 1.5], ...]}}}}
 *
 * A time is in milliseconds since 1970, a value that is not there is null.
 */

import { createDataFrame, FieldType, type DataFrame, type Field, type Labels } from '@grafana/data';

import type { Panel, Target } from './model.ts';

export interface Table {
  columns: Array<{ name: string; type: 'time' | 'number' | 'string' | 'boolean' }>;
  rows: unknown[][];
}

export interface RecordedRows {
  panels: Record<string, Record<string, Table>>;
}

const TYPES = { time: FieldType.time, number: FieldType.number, string: FieldType.string, boolean: FieldType.boolean };

/** The frames of a query, from what was recorded for it; undefined if nothing was. */
export function recordedFrames(
  panel: Panel,
  target: Target,
  recorded: RecordedRows | undefined,
): DataFrame[] | undefined {
  const table = recorded?.panels[panel.id]?.[target.refId];
  if (!table) {
    return undefined;
  }
  const asRows =
    target.azureLogAnalytics?.resultFormat === 'table' || !table.columns.some(({ type }) => type === 'time');
  return asRows ? [asTable(table, target)] : asSeries(table, target);
}

function asTable({ columns, rows }: Table, { refId }: Target): DataFrame {
  const fields = columns.map(({ name, type }, column) => ({
    name,
    type: TYPES[type],
    config: {},
    values: rows.map((row) => row[column] ?? null),
  }));
  return createDataFrame({ refId, fields });
}

/** Each column of numbers becomes a series for each combination of its row's texts, as the Azure data source does it. */
function asSeries({ columns, rows }: Table, { refId, azureMonitor }: Target): DataFrame[] {
  const time = columns.findIndex(({ type }) => type === 'time');
  const texts = columns.flatMap(({ name, type }, index) => (type === 'string' ? [{ name, index }] : []));
  const numbers = columns.flatMap(({ name, type }, index) => (type === 'number' ? [{ name, index }] : []));
  const series = new Map<string, { name: string; labels: Labels; times: number[]; values: Array<number | null> }>();
  for (const row of rows) {
    const labels = Object.fromEntries(texts.map(({ name, index }) => [name, String(row[index] ?? '')]));
    for (const { name, index } of numbers) {
      const key = JSON.stringify([name, labels]);
      const one = series.get(key) ?? { name, labels, times: [], values: [] };
      one.times.push(Number(row[time]));
      one.values.push(row[index] === null || row[index] === undefined ? null : Number(row[index]));
      series.set(key, one);
    }
  }
  return [...series.values()].map(({ name, labels, times, values }) => {
    const alias = azureMonitor?.alias?.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? '');
    const value: Field = {
      name,
      type: FieldType.number,
      labels,
      config: alias ? { displayNameFromDS: alias } : {},
      values,
    };
    const moment: Field = { name: columns[time]?.name ?? 'Time', type: FieldType.time, config: {}, values: times };
    return { refId, name: alias ?? name, fields: [moment, value], length: times.length };
  });
}
