/** A dashboard's JSON, as far as the viewer reads it. Everything that it shows comes from here. */

import type { DataTransformerConfig, FieldConfigSource } from '@grafana/data';
import type { DataSourceRef } from '@grafana/schema';

export interface GridPosition {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface DashboardLink {
  type?: string;
  title?: string;
  tags?: string[];
  url?: string;
  icon?: string;
  tooltip?: string;
  asDropdown?: boolean;
  targetBlank?: boolean;
  keepTime?: boolean;
  includeVars?: boolean;
}

export interface Target {
  refId: string;
  datasource?: DataSourceRef | null;
  hide?: boolean;
  // Prometheus
  expr?: string;
  format?: string;
  instant?: boolean;
  range?: boolean;
  interval?: string;
  legendFormat?: string;
  // Azure Monitor
  queryType?: string;
  azureLogAnalytics?: { resultFormat?: string };
  azureMonitor?: { alias?: string };
}

export interface Panel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  gridPos: GridPosition;
  datasource?: DataSourceRef | null;
  targets?: Target[];
  fieldConfig?: FieldConfigSource;
  // The options are the panel type's own: each panel reads those that it knows.
  options?: any;
  transformations?: DataTransformerConfig[];
  links?: DashboardLink[];
  transparent?: boolean;
  maxDataPoints?: number | null;
  interval?: string | null;
  timeFrom?: string | null;
  timeShift?: string | null;
  repeat?: string | null;
  libraryPanel?: unknown;
  collapsed?: boolean;
  panels?: Panel[];
}

export interface VariableDefinition {
  name: string;
  type: string;
  label?: string | null;
  hide?: number;
  query?: string | { query?: string };
  datasource?: DataSourceRef | null;
  regex?: string;
  sort?: number;
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string | null;
  current?: { value?: string | string[]; text?: string | string[] } | null;
}

export interface Annotation {
  name: string;
  enable?: boolean;
  hide?: boolean;
  builtIn?: number;
  datasource?: DataSourceRef | null;
  expr?: string;
  step?: string;
  iconColor?: string;
  titleFormat?: string;
  textFormat?: string;
  tagKeys?: string;
  useValueForTime?: boolean | string;
  filter?: { exclude?: boolean; ids?: number[] };
  target?: { expr?: string; interval?: string; step?: string; legendFormat?: string };
}

export interface Dashboard {
  uid: string;
  title: string;
  description?: string;
  tags?: string[];
  panels: Panel[];
  links?: DashboardLink[];
  templating?: { list?: VariableDefinition[] };
  annotations?: { list?: Annotation[] };
  time?: { from?: string; to?: string };
  timezone?: string;
  refresh?: string | false;
  graphTooltip?: number;
}

/** What the links of one dashboard need to know of the others. */
export interface DashboardSummary {
  uid: string;
  title: string;
  tags: string[];
}

export const PROMETHEUS = 'prometheus';
export const AZURE = 'grafana-azure-monitor-datasource';
