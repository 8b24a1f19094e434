/** What a state timeline and a heatmap share: a plot with time below and lanes that are drawn by hand. */

import type { GrafanaTheme2, TimeRange } from '@grafana/data';
import { AxisPlacement, ScaleDirection, ScaleOrientation } from '@grafana/schema';
import { UPlotConfigBuilder } from '@grafana/ui';
import type uPlot from 'uplot';

interface Lanes {
  theme: GrafanaTheme2;
  timeZone: string;
  range: TimeRange;
  lanes: number;
  /** Where labels stand on the axis, in lanes from below. */
  splits: (plot: uPlot) => number[];
  labels: (splits: number[]) => string[];
  grid: boolean;
  draw: (plot: uPlot) => void;
}

export function lanesPlot({ theme, timeZone, range, lanes, splits, labels, grid, draw }: Lanes): UPlotConfigBuilder {
  const builder = new UPlotConfigBuilder(timeZone);
  builder.addScale({
    scaleKey: 'x',
    isTime: true,
    orientation: ScaleOrientation.Horizontal,
    direction: ScaleDirection.Right,
    range: () => [range.from.valueOf(), range.to.valueOf()],
  });
  builder.addAxis({
    scaleKey: 'x',
    isTime: true,
    placement: AxisPlacement.Bottom,
    timeZone,
    theme,
    grid: { show: grid },
  });
  builder.addScale({
    scaleKey: 'y',
    orientation: ScaleOrientation.Vertical,
    direction: ScaleDirection.Up,
    range: () => [0, lanes],
  });
  builder.addAxis({
    scaleKey: 'y',
    placement: AxisPlacement.Left,
    theme,
    grid: { show: false },
    ticks: { show: false },
    splits,
    values: (_, found) => labels(found),
  });
  // uPlot wants a series; nothing of it is drawn.
  builder.addSeries({ scaleKey: 'y', pathBuilder: () => null, pointsBuilder: () => undefined, theme });
  builder.addHook('drawClear', (plot: uPlot) => {
    plot.ctx.save();
    plot.ctx.beginPath();
    plot.ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
    plot.ctx.clip();
    draw(plot);
    plot.ctx.restore();
  });
  builder.setCursor({ show: false } as uPlot.Cursor);
  return builder;
}

/** The data that a plot of lanes is given: all that it draws, it knows already. */
export function nothing(range: TimeRange): uPlot.AlignedData {
  return [
    [range.from.valueOf(), range.to.valueOf()],
    [null, null],
  ];
}
