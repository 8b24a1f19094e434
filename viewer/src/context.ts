/** What all parts of a page share. */

import { EventBusSrv, type EventBus, type GrafanaTheme2, type TimeRange } from '@grafana/data';
import { createContext, useContext } from 'react';

import type { Dashboard, DashboardSummary } from './model.ts';
import type { Drawing } from './report.ts';
import type { RecordedRows } from './rows.ts';
import type { replacer, Variables } from './variables.ts';

export interface Occurrence {
  annotation: string;
  color: string;
  /** Milliseconds since 1970; the end is that of a stretch of time. */
  time: number;
  timeEnd: number;
  title: string;
  text: string;
  filter: { exclude?: boolean; ids?: number[] } | undefined;
}

export interface Page {
  dashboard: Dashboard;
  others: DashboardSummary[];
  rows: RecordedRows | undefined;
  variables: Variables;
  range: TimeRange;
  timeZone: string;
  theme: GrafanaTheme2;
  occurrences: Occurrence[];
  replace: ReturnType<typeof replacer>;
  events: EventBus;
  /** Goes to another time range, as when a stretch of a graph is marked. */
  zoom: (from: number, to: number) => void;
  /** Told once for each panel and load, when it is on the screen. */
  drawn: (panel: number, drawing: Drawing) => void;
}

export const EVENTS = new EventBusSrv();

export const PageContext = createContext<Page | undefined>(undefined);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (!page) {
    throw new Error('a panel is drawn outside of a page');
  }
  return page;
}
