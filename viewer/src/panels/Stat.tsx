import {
  formattedValueToString,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  VizOrientation,
  type DisplayValueAlignmentFactors,
  type FieldDisplay,
} from '@grafana/data';
import { BarGaugeDisplayMode, BarGaugeNamePlacement, BarGaugeSizing, BarGaugeValueMode } from '@grafana/schema';
import {
  BarGauge,
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  DataLinksContextMenu,
  VizRepeater,
  type VizRepeaterRenderValueProps,
} from '@grafana/ui';
import { useMemo, type JSX } from 'react';

import { usePage } from '../context.ts';
import { fieldConfigOf } from '../fields.ts';
import { drawnColor, drawnLinks, NO_COLOR, type Drawing } from '../report.ts';
import { isEmpty, type DrawingProps } from './panel.ts';
import { useDrawn } from './useDrawn.ts';

const REDUCED = { values: false, calcs: ['lastNotNull'], fields: '' };

type Rendered = VizRepeaterRenderValueProps<FieldDisplay, DisplayValueAlignmentFactors>;

export function Stat(props: DrawingProps) {
  const { theme } = usePage();
  const { panel, width, height } = props;
  const options = panel.options ?? {};
  const colorMode: BigValueColorMode = options.colorMode ?? BigValueColorMode.Value;
  const graphMode: BigValueGraphMode = options.graphMode ?? BigValueGraphMode.Area;
  const values = useValues(props, graphMode !== BigValueGraphMode.None, Boolean(options.showPercentChange));
  useDrawn(props.frames, () => drawingOf(props, values, theme, colorMode !== BigValueColorMode.None), props.onDrawn);

  const renderValue = ({ value, width, height, count, alignmentFactors }: Rendered): JSX.Element =>
    linked(value, (className) => (
      <BigValue
        value={value.display}
        {...(value.sparkline ? { sparkline: value.sparkline } : {})}
        count={count}
        colorMode={colorMode}
        graphMode={graphMode}
        justifyMode={options.justifyMode ?? BigValueJustifyMode.Auto}
        textMode={options.textMode ?? BigValueTextMode.Auto}
        text={options.text}
        percentChangeColorMode={options.percentChangeColorMode}
        disableWideLayout={options.wideLayout === false}
        alignmentFactors={alignmentFactors}
        hasLinks={value.hasLinks}
        className={className}
        width={width}
        height={height}
        theme={theme}
      />
    ));
  return (
    <VizRepeater<FieldDisplay, DisplayValueAlignmentFactors>
      getValues={() => values}
      getAlignmentFactors={(values) => getDisplayValueAlignmentFactors(values)}
      renderValue={renderValue}
      source={props.frames}
      renderCounter={0}
      orientation={options.orientation ?? VizOrientation.Auto}
      itemSpacing={3}
      autoGrid
      width={width}
      height={height}
    />
  );
}

export function BarGaugePanel(props: DrawingProps) {
  const { theme } = usePage();
  const options = props.panel.options ?? {};
  const values = useValues(props, false, false);
  useDrawn(props.frames, () => drawingOf(props, values, theme, true), props.onDrawn);
  const orientation: VizOrientation = options.orientation ?? VizOrientation.Auto;
  const renderValue = ({ value, width, height, count, alignmentFactors, orientation }: Rendered): JSX.Element =>
    linked(value, (className) => (
      <BarGauge
        value={value.display}
        field={value.field}
        {...(value.view ? { display: value.view.getFieldDisplayProcessor(value.colIndex ?? 0) } : {})}
        orientation={orientation}
        displayMode={options.displayMode ?? BarGaugeDisplayMode.Gradient}
        valueDisplayMode={options.valueMode ?? BarGaugeValueMode.Color}
        namePlacement={options.namePlacement ?? BarGaugeNamePlacement.Auto}
        showUnfilled={options.showUnfilled ?? true}
        text={options.text}
        alignmentFactors={alignmentFactors}
        itemSpacing={count > 1 ? 10 : 0}
        lcdCellWidth={12}
        className={className}
        width={width}
        height={height}
        theme={theme}
      />
    ));
  const fixed = options.sizing === BarGaugeSizing.Manual;
  return (
    <VizRepeater<FieldDisplay, DisplayValueAlignmentFactors>
      getValues={() => values}
      getAlignmentFactors={(values) => getDisplayValueAlignmentFactors(values)}
      renderValue={renderValue}
      source={props.frames}
      renderCounter={0}
      orientation={orientation}
      itemSpacing={10}
      minVizWidth={fixed ? options.minVizWidth : 8}
      minVizHeight={fixed ? options.minVizHeight : 16}
      maxVizHeight={fixed ? options.maxVizHeight : 300}
      width={props.width}
      height={props.height}
    />
  );
}

function linked(value: FieldDisplay, drawn: (className: string) => JSX.Element): JSX.Element {
  const { hasLinks, getLinks } = value;
  if (!hasLinks || !getLinks) {
    return drawn('');
  }
  return (
    <DataLinksContextMenu links={() => getLinks()} style={{ width: '100%', height: '100%' }}>
      {({ targetClassName, triggerProps }) => <div {...triggerProps}>{drawn(targetClassName ?? '')}</div>}
    </DataLinksContextMenu>
  );
}

function useValues({ panel, frames }: DrawingProps, sparkline: boolean, percentChange: boolean): FieldDisplay[] {
  const { replace, theme, timeZone } = usePage();
  return useMemo(
    () =>
      getFieldDisplayValues({
        fieldConfig: fieldConfigOf(panel),
        reduceOptions: { ...REDUCED, ...panel.options?.reduceOptions },
        replaceVariables: replace,
        theme,
        data: frames,
        sparkline,
        percentChange,
        timeZone,
      }),
    [panel, frames, replace, theme, sparkline, percentChange, timeZone],
  );
}

function drawingOf(
  { panel, frames }: DrawingProps,
  values: FieldDisplay[],
  theme: ReturnType<typeof usePage>['theme'],
  isColored: boolean,
): Drawing {
  return {
    state: isEmpty(frames) ? 'no data' : 'ok',
    values: values.map(({ display, name, getLinks }) => ({
      name: display.title ?? panel.title ?? name,
      text: formattedValueToString(display),
      color: isColored ? drawnColor(display.color, theme) : NO_COLOR,
      ...drawnLinks(getLinks?.()),
    })),
  };
}
