import {
  DashboardCursorSync,
  FieldType,
  formattedValueToString,
  getFieldDisplayName,
  getFieldSeriesColor,
  reduceField,
  ReducerID,
  type DataFrame,
  type Field,
} from '@grafana/data';
import { LegendDisplayMode, SortOrder, TooltipDisplayMode, type VizLegendOptions } from '@grafana/schema';
import {
  PanelContextProvider,
  SeriesVisibilityChangeMode,
  TimeSeries as GrafanaTimeSeries,
  TooltipPlugin,
  ZoomPlugin,
  type PanelContext,
} from '@grafana/ui';
import { useMemo, useState } from 'react';

import { isFor } from '../annotations.ts';
import { usePage } from '../context.ts';
import { fieldConfigOf } from '../fields.ts';
import { drawnColor } from '../report.ts';
import { AnnotationMarks } from './AnnotationMarks.tsx';
import { Message } from './Message.tsx';
import { isEmpty, NO_DATA, type DrawingProps } from './panel.ts';
import { useDrawn } from './useDrawn.ts';

const LEGEND: VizLegendOptions = {
  displayMode: LegendDisplayMode.List,
  placement: 'bottom',
  calcs: [],
  showLegend: true,
};

export function TimeSeries(props: DrawingProps) {
  const page = usePage();
  const { panel, frames, range, width, height } = props;
  const [only, setOnly] = useState<ReadonlySet<string>>(new Set());
  const graphable = useMemo(() => graphableFrames(frames, only), [frames, only]);
  const message = messageOf(props, graphable);
  useDrawn(
    frames,
    () => {
      if (message !== undefined) {
        return message.isError
          ? { state: 'error', message: message.text, values: [] }
          : { ...NO_DATA, message: message.text };
      }
      return { state: 'ok', values: linesOf(graphable, page.theme) };
    },
    props.onDrawn,
  );
  const context = useMemo<PanelContext>(
    () => ({
      eventsScope: '__global_',
      eventBus: page.events,
      sync: () =>
        [DashboardCursorSync.Off, DashboardCursorSync.Crosshair, DashboardCursorSync.Tooltip][
          page.dashboard.graphTooltip ?? 0
        ] ?? 0,
      onToggleSeriesVisibility: (label, mode) => setOnly((before) => toggled(before, label, mode, graphable)),
    }),
    [page.events, page.dashboard, graphable],
  );
  if (message !== undefined) {
    return <Message text={message.text} />;
  }
  const { legend, tooltip } = panel.options ?? {};
  const occurrences = page.occurrences.filter((one) => isFor(one, panel.id));
  return (
    <PanelContextProvider value={context}>
      <GrafanaTimeSeries
        frames={graphable}
        timeRange={range}
        timeZone={page.timeZone}
        width={width}
        height={height}
        legend={{ ...LEGEND, ...legend }}
        options={panel.options ?? {}}
      >
        {(config, aligned) => (
          <>
            <ZoomPlugin config={config} onZoom={({ from, to }) => page.zoom(from, to)} />
            {tooltip?.mode !== TooltipDisplayMode.None && (
              <TooltipPlugin
                data={aligned}
                frames={graphable}
                config={config}
                mode={tooltip?.mode ?? TooltipDisplayMode.Single}
                sortOrder={tooltip?.sort ?? SortOrder.None}
                timeZone={page.timeZone}
              />
            )}
            <AnnotationMarks config={config} occurrences={occurrences} range={range} timeZone={page.timeZone} />
          </>
        )}
      </GrafanaTimeSeries>
    </PanelContextProvider>
  );
}

function messageOf(
  { panel, frames }: DrawingProps,
  graphable: DataFrame[],
): { text: string; isError: boolean } | undefined {
  if (isEmpty(frames)) {
    return { text: fieldConfigOf(panel).defaults.noValue ?? 'No data', isError: false };
  }
  if (graphable.length === 0) {
    const timed = frames.some(({ fields }) => fields.some(({ type }) => type === FieldType.time));
    return { text: timed ? 'Data is missing a number field' : 'Data is missing a time field', isError: true };
  }
  return undefined;
}

/** The frames that have a time and numbers; `only` are the names of the lines to be seen, all if it is empty. */
function graphableFrames(frames: DataFrame[], only: ReadonlySet<string>): DataFrame[] {
  return frames.flatMap((frame) => {
    const fields = frame.fields.filter(
      ({ type }) => type === FieldType.time || type === FieldType.number || type === FieldType.boolean,
    );
    if (!fields.some(({ type }) => type === FieldType.time) || fields.length < 2) {
      return [];
    }
    return [{ ...frame, fields: fields.map((field) => asLine(field, frame, frames, only)) }];
  });
}

function asLine(field: Field, frame: DataFrame, frames: DataFrame[], only: ReadonlySet<string>): Field {
  if (field.type === FieldType.time) {
    return field;
  }
  const hidden = only.size > 0 && !only.has(getFieldDisplayName(field, frame, frames));
  const custom = hidden
    ? { ...field.config.custom, hideFrom: { ...field.config.custom?.hideFrom, viz: true } }
    : field.config.custom;
  const values =
    field.type === FieldType.boolean
      ? field.values.map((value) => (value === null ? null : Number(value)))
      : field.values;
  return { ...field, type: FieldType.number, values, config: { ...field.config, custom } };
}

/** A click on a name of the legend leaves that line alone, a second one brings all back; with Ctrl it adds or takes away. */
function toggled(
  only: ReadonlySet<string>,
  label: string | string[] | null,
  mode: SeriesVisibilityChangeMode,
  frames: DataFrame[],
): ReadonlySet<string> {
  const names = label === null ? [] : [label].flat();
  if (mode === SeriesVisibilityChangeMode.SetExactly) {
    return new Set(names);
  }
  if (mode === SeriesVisibilityChangeMode.AppendToSelection) {
    const all = frames.flatMap((frame) =>
      frame.fields
        .filter(({ type }) => type !== FieldType.time)
        .map((field) => getFieldDisplayName(field, frame, frames)),
    );
    const seen = new Set(only.size > 0 ? only : all);
    for (const name of names) {
      if (!seen.delete(name)) {
        seen.add(name);
      }
    }
    return seen;
  }
  return names.length === 1 && only.size === 1 && only.has(names[0] ?? '') ? new Set() : new Set(names);
}

function linesOf(frames: DataFrame[], theme: ReturnType<typeof usePage>['theme']) {
  return frames.flatMap((frame) =>
    frame.fields
      .filter(({ type, config }) => type === FieldType.number && !config.custom?.hideFrom?.viz)
      .map((field) => {
        const last = reduceField({ field, reducers: [ReducerID.lastNotNull] })[ReducerID.lastNotNull];
        return {
          name: getFieldDisplayName(field, frame, frames),
          text: field.display ? formattedValueToString(field.display(last)) : String(last),
          color: drawnColor(getFieldSeriesColor(field, theme).color, theme),
        };
      }),
  );
}
