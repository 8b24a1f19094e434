/** A heatmap of buckets. Grafana's own is a plugin that is not published; axes, units and colour schemes are the same. */

import {
  colorManipulator,
  FieldType,
  formattedValueToString,
  getFieldDisplayName,
  getValueFormat,
  type DataFrame,
  type GrafanaTheme2,
} from '@grafana/data';
import { UPlotChart, VizLayout } from '@grafana/ui';
import * as schemes from 'd3-scale-chromatic';
import { useMemo } from 'react';
import type uPlot from 'uplot';

import { isFor } from '../annotations.ts';
import { usePage } from '../context.ts';
import { fieldConfigOf } from '../fields.ts';
import { NO_COLOR, type Drawing } from '../report.ts';
import { AnnotationMarks } from './AnnotationMarks.tsx';
import { lanesPlot, nothing } from './lanes.ts';
import { Message } from './Message.tsx';
import { isEmpty, NO_DATA, type DrawingProps } from './panel.ts';
import { useDrawn } from './useDrawn.ts';

interface Bucket {
  name: string;
  times: number[];
  values: Array<number | null>;
}

interface Cells {
  buckets: Bucket[];
  interval: number;
  least: number;
  most: number;
  isShown: (value: number) => boolean;
}

interface ColorOptions {
  mode?: 'scheme' | 'opacity';
  scheme?: string;
  fill?: string;
  scale?: 'linear' | 'exponential';
  exponent?: number;
  steps?: number;
  reverse?: boolean;
  min?: number;
  max?: number;
}

// A label for each bucket needs this much room, in pixels.
const LABEL_HEIGHT = 14;
const LEGEND_HEIGHT = 30;

export function Heatmap(props: DrawingProps) {
  const page = usePage();
  const { theme, timeZone } = page;
  const { panel, frames, range, width, height } = props;
  const options = panel.options ?? {};
  const color: ColorOptions = options.color ?? {};
  const noValue = fieldConfigOf(panel).defaults.noValue ?? 'No data';
  const cells = useMemo(() => cellsOf(frames, options), [frames, options]);
  const palette = useMemo(() => paletteOf(color, theme), [color, theme]);
  const isBlank = isEmpty(frames) || cells.buckets.length === 0;
  const unit = getValueFormat(options.yAxis?.unit);
  const bound = (name: string) =>
    name === '+Inf' || name === '' || Number.isNaN(Number(name))
      ? name
      : formattedValueToString(unit(Number(name), options.yAxis?.decimals));
  const config = useMemo(
    () =>
      lanesPlot({
        theme,
        timeZone,
        range,
        lanes: Math.max(1, cells.buckets.length),
        splits: (plot) => boundsWithRoom(plot, cells.buckets.length),
        labels: (splits) => splits.map((split) => bound(cells.buckets[split - 1]?.name ?? '')),
        grid: false,
        draw: (plot) => draw(plot, cells, palette, color, options.cellGap ?? 1),
      }),
    [theme, timeZone, range, cells, palette],
  );
  useDrawn(frames, () => (isBlank ? { ...NO_DATA, message: noValue } : drawingOf(cells, bound)), props.onDrawn);
  if (options.calculate) {
    throw new Error('the viewer does not calculate the buckets of a heatmap');
  }
  if (isBlank) {
    return <Message text={noValue} />;
  }
  const legend =
    options.legend?.show === false ? null : (
      <VizLayout.Legend placement="bottom">
        <Scale cells={cells} palette={palette} />
      </VizLayout.Legend>
    );
  return (
    <VizLayout width={width} height={height} legend={legend}>
      {(width, height) => (
        <UPlotChart config={config} data={nothing(range)} width={width} height={height}>
          <AnnotationMarks
            config={config}
            occurrences={page.occurrences.filter((one) => isFor(one, panel.id))}
            range={range}
            timeZone={timeZone}
          />
        </UPlotChart>
      )}
    </VizLayout>
  );
}

function Scale({ cells: { least, most }, palette }: { cells: Cells; palette: string[] }) {
  const short = getValueFormat('short');
  return (
    <div style={{ height: LEGEND_HEIGHT, width: 300, padding: '4px 8px', fontSize: 11 }}>
      <div style={{ height: 8, background: `linear-gradient(to right, ${palette.join(', ')})` }} />
      <div style={{ display: 'flex', justifyContent: 'space-between' }}>
        <span>{formattedValueToString(short(least))}</span>
        <span>{formattedValueToString(short(most))}</span>
      </div>
    </div>
  );
}

function cellsOf(frames: DataFrame[], options: DrawingProps['panel']['options']): Cells {
  const buckets: Bucket[] = [];
  let interval: number | undefined;
  for (const frame of frames) {
    const time = frame.fields.find(({ type }) => type === FieldType.time);
    if (!time) {
      continue;
    }
    interval ??= time.config.interval ?? undefined;
    for (const field of frame.fields.filter(
      ({ type, config }) => type === FieldType.number && !config.custom?.hideFrom?.viz,
    )) {
      const name = field.labels?.['le'] ?? getFieldDisplayName(field, frame, frames);
      buckets.push({ name, times: time.values as number[], values: field.values as Array<number | null> });
    }
  }
  if (options.yAxis?.reverse) {
    buckets.reverse();
  }
  const { le = -Infinity, ge = Infinity } = options.filterValues ?? {};
  const isShown = (value: number) => value > le && value < ge;
  const shown = buckets.flatMap(({ values }) => values.filter((value) => value !== null && isShown(value))) as number[];
  const [first, second] = buckets[0]?.times ?? [];
  return {
    buckets,
    interval: interval ?? (first !== undefined && second !== undefined ? second - first : 60_000),
    least: options.color?.min ?? shown.reduce((a, b) => Math.min(a, b), Infinity),
    most: options.color?.max ?? shown.reduce((a, b) => Math.max(a, b), -Infinity),
    isShown,
  };
}

function boundsWithRoom(plot: uPlot, buckets: number): number[] {
  const every = Math.max(1, Math.ceil((buckets * LABEL_HEIGHT * devicePixelRatio) / plot.bbox.height));
  return Array.from({ length: Math.floor(buckets / every) }, (_, index) => buckets - index * every);
}

// These begin bright, for a white page; on a dark page they are turned round. The others begin dark.
const BRIGHT_FIRST = /^(Blues|Greens|Greys|Oranges|Purples|Reds|Bu|Gn|Or|Pu|Rd|Yl|Spectral)/;

function paletteOf(
  { mode, scheme = 'Oranges', fill = 'dark-orange', scale, exponent = 0.5, steps = 64, reverse }: ColorOptions,
  theme: GrafanaTheme2,
): string[] {
  const shares = Array.from({ length: steps }, (_, step) => (steps > 1 ? step / (steps - 1) : 1));
  if (mode === 'opacity') {
    const css = theme.visualization.getColorByName(fill);
    return shares.map((share) => colorManipulator.alpha(css, scale === 'exponential' ? share ** exponent : share));
  }
  const interpolate = (schemes as unknown as Record<string, (share: number) => string>)[`interpolate${scheme}`];
  if (!interpolate) {
    throw new Error(`the viewer does not know the colour scheme ${scheme}`);
  }
  const turned = BRIGHT_FIRST.test(scheme) === theme.isDark;
  return shares.map((share) => interpolate(turned !== Boolean(reverse) ? 1 - share : share));
}

function draw(plot: uPlot, cells: Cells, palette: string[], color: ColorOptions, gap: number): void {
  const { ctx } = plot;
  const { buckets, interval, least, most, isShown } = cells;
  for (const [lane, { times, values }] of buckets.entries()) {
    const [top, bottom] = [lane + 1, lane].map((at) => Math.round(plot.valToPos(at, 'y', true))) as [number, number];
    for (const [index, time] of times.entries()) {
      const value = values[index];
      if (value === null || value === undefined || !isShown(value)) {
        continue;
      }
      const share = most > least ? Math.min(1, Math.max(0, (value - least) / (most - least))) : 1;
      const bent = color.mode !== 'opacity' && color.scale !== 'linear' ? share ** (color.exponent ?? 0.5) : share;
      ctx.fillStyle = palette[Math.round(bent * (palette.length - 1))] ?? 'transparent';
      // A rate at a moment tells of the time before it.
      const [left, right] = [time - interval, time].map((at) => Math.round(plot.valToPos(at, 'x', true))) as [
        number,
        number,
      ];
      ctx.fillRect(left, top + gap, Math.max(1, right - left - gap), bottom - top - gap);
    }
  }
}

function drawingOf({ buckets, isShown }: Cells, bound: (name: string) => string): Drawing {
  const filled = ({ values }: Bucket) => values.filter((value) => value !== null && isShown(value)).length;
  return {
    state: 'ok',
    values: buckets.map((bucket) => ({ name: bound(bucket.name), text: String(filled(bucket)), color: NO_COLOR })),
  };
}
