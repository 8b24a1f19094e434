import { FieldType, formattedValueToString, getFieldDisplayName, type DataFrame, type Field } from '@grafana/data';
import { TableCellBackgroundDisplayMode, TableCellDisplayMode, type TableCellHeight } from '@grafana/schema';
import { Select } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { useState } from 'react';

import { usePage } from '../context.ts';
import { fieldConfigOf } from '../fields.ts';
import { drawnColor, drawnLinks, NO_COLOR, type DrawnValue } from '../report.ts';
import { Message } from './Message.tsx';
import { isEmpty, NO_DATA, type DrawingProps } from './panel.ts';
import { useDrawn } from './useDrawn.ts';

const CHOICE_HEIGHT = 40;

export function Table(props: DrawingProps) {
  const { theme } = usePage();
  const { panel, frames, range, width, height } = props;
  const options = panel.options ?? {};
  const [chosen, setChosen] = useState<number>(options.frameIndex ?? 0);
  const frame = frames[chosen] ?? frames[0];
  const fieldConfig = fieldConfigOf(panel);
  const noValue = fieldConfig.defaults.noValue ?? 'No data';
  const isBlank = !frame || isEmpty([frame]);
  useDrawn(
    frame ?? frames,
    () => (isBlank ? { ...NO_DATA, message: noValue } : { state: 'ok', values: cellsOf(frame, frames, theme) }),
    props.onDrawn,
  );
  if (isBlank) {
    return <Message text={noValue} />;
  }
  const several = frames.length > 1;
  const table = (
    <TableNG
      key={panel.id}
      data={frame}
      width={width}
      height={several ? height - CHOICE_HEIGHT : height}
      noHeader={options.showHeader === false}
      showTypeIcons={Boolean(options.showTypeIcons)}
      resizable
      sortBy={options.sortBy ?? []}
      {...(options.cellHeight ? { cellHeight: options.cellHeight as TableCellHeight } : {})}
      {...(options.maxRowHeight ? { maxRowHeight: options.maxRowHeight } : {})}
      enablePagination={Boolean(options.enablePagination)}
      frozenColumns={options.frozenColumns?.left ?? 0}
      timeRange={range}
      fieldConfig={fieldConfig}
      noValue={noValue}
      structureRev={1}
    />
  );
  if (!several) {
    return table;
  }
  const names = frames.map((one, index) => ({ label: one.name ?? one.refId ?? String(index), value: index }));
  return (
    <div>
      {table}
      <Select options={names} value={chosen} onChange={({ value }) => setChosen(value ?? 0)} />
    </div>
  );
}

/** The cells row by row, in the order of the frame; how the reader sorts them is not seen here. */
function cellsOf(frame: DataFrame, frames: DataFrame[], theme: ReturnType<typeof usePage>['theme']): DrawnValue[] {
  const fields = frame.fields.filter(
    ({ config, type }) => !config.custom?.hideFrom?.viz && !config.custom?.hidden && type !== FieldType.nestedFrames,
  );
  return Array.from({ length: frame.length }, (_, row) => row).flatMap((row) =>
    fields.map((field) => {
      const display = field.display?.(field.values[row]);
      return {
        name: getFieldDisplayName(field, frame, frames),
        text: display ? formattedValueToString(display) : String(field.values[row]),
        color: isColored(field) ? drawnColor(display?.color, theme) : NO_COLOR,
        row,
        ...drawnLinks(field.getLinks?.({ valueRowIndex: row })),
      };
    }),
  );
}

const COLORED: ReadonlySet<string> = new Set([
  TableCellDisplayMode.ColorBackground,
  TableCellDisplayMode.ColorText,
  TableCellDisplayMode.Gauge,
  TableCellBackgroundDisplayMode.Gradient,
]);

function isColored({ config }: Field): boolean {
  return COLORED.has(config.custom?.cellOptions?.type);
}
