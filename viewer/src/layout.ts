/** Where the panels lie: Grafana's grid of 24 columns, with rows that can be open or closed. */

import type { Panel } from './model.ts';

const COLUMNS = 24;
const CELL = 30;
const GAP = 8;

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Placed {
  panel: Panel;
  /** The title of the row that the panel lies in, "" above the first. */
  row: string;
  box: Box;
}

export interface Layout {
  rows: Array<{ panel: Panel; isOpen: boolean; panels: number; box: Box }>;
  panels: Placed[];
  height: number;
}

interface Group {
  row: Panel | undefined;
  panels: Panel[];
}

/** The rows and panels on a page of `width` pixels; `isOpen` says of a row whether its panels are to be seen. */
export function layout(panels: Panel[], width: number, isOpen: (row: Panel) => boolean): Layout {
  const placed: Layout = { rows: [], panels: [], height: 0 };
  let line = 0;
  for (const { row, panels: inside } of groups(panels)) {
    let open = true;
    if (row) {
      open = isOpen(row);
      placed.rows.push({
        panel: row,
        isOpen: open,
        panels: inside.length,
        box: boxOf({ x: 0, y: line, w: COLUMNS, h: 1 }, width),
      });
      line += 1;
    }
    if (!open || inside.length === 0) {
      continue;
    }
    const first = Math.min(...inside.map(({ gridPos }) => gridPos.y));
    const move = (y: number) => y - first + line;
    for (const panel of inside) {
      const box = boxOf({ ...panel.gridPos, y: move(panel.gridPos.y) }, width);
      placed.panels.push({ panel, row: row?.title ?? '', box });
    }
    line = Math.max(...inside.map(({ gridPos }) => move(gridPos.y) + gridPos.h));
  }
  placed.height = line * (CELL + GAP);
  return placed;
}

/** The panels by row. Those of a closed row lie in it, those of an open one follow it. */
function groups(panels: Panel[]): Group[] {
  const found: Group[] = [{ row: undefined, panels: [] }];
  const sorted = [...panels].sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x);
  for (const panel of sorted) {
    if (panel.type === 'row') {
      found.push({ row: panel, panels: [...(panel.panels ?? [])] });
    } else {
      found.at(-1)?.panels.push(panel);
    }
  }
  return found;
}

function boxOf({ x, y, w, h }: { x: number; y: number; w: number; h: number }, width: number): Box {
  const column = (width - GAP * (COLUMNS - 1)) / COLUMNS;
  return {
    x: Math.round(x * (column + GAP)),
    y: y * (CELL + GAP),
    width: Math.round(w * column + (w - 1) * GAP),
    height: h * CELL + (h - 1) * GAP,
  };
}
