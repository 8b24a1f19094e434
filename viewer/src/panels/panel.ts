/** What a panel's drawing is given, and what it tells of itself. */

import type { DataFrame, TimeRange } from '@grafana/data';

import type { Panel } from '../model.ts';
import type { Drawing } from '../report.ts';

export interface DrawingProps {
  panel: Panel;
  /** With names, units and all settings of their fields. */
  frames: DataFrame[];
  range: TimeRange;
  width: number;
  height: number;
  /** To be called once with what is drawn, when it is. */
  onDrawn: (drawing: Drawing) => void;
}

export const NO_DATA: Drawing = { state: 'no data', values: [] };

export function isEmpty(frames: DataFrame[]): boolean {
  return frames.every(({ fields, length }) => fields.length === 0 || length === 0);
}
