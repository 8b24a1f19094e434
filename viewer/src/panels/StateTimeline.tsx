/** A state timeline. Grafana's own is a plugin that is not published; axes, colours, texts and legend are Grafana's. */

import {
  colorManipulator,
  FieldType,
  formattedValueToString,
  getFieldDisplayName,
  type DataFrame,
  type Field,
  type GrafanaTheme2,
  type TimeRange,
} from '@grafana/data';
import { LegendDisplayMode } from '@grafana/schema';
import { measureText, UPlotChart, VizLayout, VizLegend, type VizLegendItem } from '@grafana/ui';
import { useMemo } from 'react';
import type uPlot from 'uplot';

import { isFor } from '../annotations.ts';
import { usePage } from '../context.ts';
import { fieldConfigOf } from '../fields.ts';
import { drawnColor } from '../report.ts';
import { AnnotationMarks } from './AnnotationMarks.tsx';
import { lanesPlot, nothing } from './lanes.ts';
import { Message } from './Message.tsx';
import { isEmpty, NO_DATA, type DrawingProps } from './panel.ts';
import { useDrawn } from './useDrawn.ts';

interface Stretch {
  from: number;
  to: number;
  text: string;
  color: string;
}

interface Lane {
  name: string;
  field: Field;
  stretches: Stretch[];
}

const FONT_SIZE = 12;
const TEXT_MARGIN = 4;

export function StateTimeline(props: DrawingProps) {
  const page = usePage();
  const { theme, timeZone } = page;
  const { panel, frames, range, width, height } = props;
  const options = panel.options ?? {};
  const lanes = useMemo(
    () => lanesOf(frames, range, options.mergeValues !== false),
    [frames, range, options.mergeValues],
  );
  const isBlank = isEmpty(frames) || lanes.length === 0;
  const noValue = fieldConfigOf(panel).defaults.noValue ?? 'No data';
  const config = useMemo(
    () =>
      lanesPlot({
        theme,
        timeZone,
        range,
        lanes: Math.max(1, lanes.length),
        splits: () => lanes.map((_, index) => lanes.length - index - 0.5),
        labels: (splits) => splits.map((split) => lanes[Math.round(lanes.length - split - 0.5)]?.name ?? ''),
        grid: true,
        draw: (plot) => draw(plot, lanes, options, theme),
      }),
    [theme, timeZone, range, lanes, options],
  );
  useDrawn(
    frames,
    () =>
      isBlank
        ? { ...NO_DATA, message: noValue }
        : {
            state: 'ok',
            values: lanes.map(({ name, stretches }) => {
              const states = stretches.map(({ text, color }) => ({ text, color: drawnColor(color, theme) }));
              const last = states.at(-1);
              return { name, text: last?.text ?? '', color: last?.color ?? drawnColor(undefined, theme), states };
            }),
          },
    props.onDrawn,
  );
  if (isBlank) {
    return <Message text={noValue} />;
  }
  const { showLegend = true, displayMode = LegendDisplayMode.List, placement = 'bottom' } = options.legend ?? {};
  const legend = showLegend ? (
    <VizLayout.Legend placement={placement}>
      <VizLegend placement={placement} displayMode={displayMode} items={legendOf(lanes)} readonly />
    </VizLayout.Legend>
  ) : null;
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

function lanesOf(frames: DataFrame[], range: TimeRange, merge: boolean): Lane[] {
  return frames.flatMap((frame) => {
    const time = frame.fields.find(({ type }) => type === FieldType.time);
    if (!time) {
      return [];
    }
    return frame.fields
      .filter(({ type, config }) => type !== FieldType.time && !config.custom?.hideFrom?.viz)
      .map((field) => ({
        name: getFieldDisplayName(field, frame, frames),
        field,
        stretches: stretchesOf(field, time, range.to.valueOf(), merge),
      }));
  });
}

/** Each value holds until the next one; where one is missing, only for the interval between two points. */
function stretchesOf(field: Field, time: Field, end: number, merge: boolean): Stretch[] {
  const interval = time.config.interval ?? undefined;
  const found: Stretch[] = [];
  for (let row = 0; row < time.values.length; row++) {
    const value: unknown = field.values[row];
    if (value === null || value === undefined) {
      continue;
    }
    const from: number = time.values[row];
    const next: number = time.values[row + 1] ?? end;
    const to = interval && next - from > 1.5 * interval ? from + interval : next;
    const display = field.display?.(value);
    const text = display ? formattedValueToString(display) : String(value);
    const color = display?.color ?? '';
    const last = found.at(-1);
    if (merge && last?.to === from && last.text === text && last.color === color) {
      last.to = to;
    } else {
      found.push({ from, to: Math.min(to, Math.max(end, from)), text, color });
    }
  }
  return found;
}

function draw(plot: uPlot, lanes: Lane[], options: DrawingProps['panel']['options'], theme: GrafanaTheme2): void {
  const { ctx } = plot;
  const scale = devicePixelRatio;
  const { rowHeight = 0.9, showValue = 'auto', alignValue = 'left' } = options;
  ctx.font = `${FONT_SIZE * scale}px ${theme.typography.fontFamily}`;
  ctx.textBaseline = 'middle';
  for (const [index, { field, stretches }] of lanes.entries()) {
    const middle = lanes.length - index - 0.5;
    const [top, bottom] = [middle + rowHeight / 2, middle - rowHeight / 2].map((at) =>
      plot.valToPos(at, 'y', true),
    ) as [number, number];
    const { fillOpacity = 70, lineWidth = 0 } = field.config.custom ?? {};
    for (const { from, to, text, color } of stretches) {
      const left = Math.max(plot.valToPos(from, 'x', true), plot.bbox.left);
      const right = Math.min(plot.valToPos(to, 'x', true), plot.bbox.left + plot.bbox.width);
      const css = theme.visualization.getColorByName(color);
      if (right <= left) {
        continue;
      }
      if (css !== 'transparent') {
        ctx.fillStyle = colorManipulator.alpha(css, fillOpacity / 100);
        ctx.fillRect(left, top, Math.max(1, right - left), bottom - top);
        if (lineWidth > 0) {
          ctx.strokeStyle = css;
          ctx.lineWidth = lineWidth * scale;
          ctx.strokeRect(left, top, right - left, bottom - top);
        }
      }
      const needed = (measureText(text, FONT_SIZE).width + 2 * TEXT_MARGIN) * scale;
      if (
        showValue === 'always' ||
        (showValue === 'auto' && needed <= right - left && bottom - top >= FONT_SIZE * scale)
      ) {
        ctx.fillStyle = fillOpacity > 75 ? theme.colors.getContrastText(css, 0.5) : theme.colors.text.primary;
        ctx.textAlign = alignValue;
        const x = { left: left + TEXT_MARGIN * scale, center: (left + right) / 2, right: right - TEXT_MARGIN * scale }[
          alignValue as 'left'
        ];
        ctx.fillText(text, x, (top + bottom) / 2);
      }
    }
  }
}

function legendOf(lanes: Lane[]): VizLegendItem[] {
  const states = new Map<string, VizLegendItem>();
  for (const { text, color } of lanes.flatMap(({ stretches }) => stretches)) {
    states.set(`${text} ${color}`, { label: text, color, yAxis: 1 });
  }
  return [...states.values()];
}
