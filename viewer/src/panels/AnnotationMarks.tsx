/** Annotations on a graph: dashed lines, a shade between the two of a stretch, and a mark below to be read. */

import { colorManipulator, dateTimeFormat, type TimeRange } from '@grafana/data';
import { Tooltip, useTheme2, type UPlotConfigBuilder } from '@grafana/ui';
import { useLayoutEffect, useRef, useState } from 'react';
import type uPlot from 'uplot';

import type { Occurrence } from '../context.ts';

interface Props {
  config: UPlotConfigBuilder;
  occurrences: Occurrence[];
  range: TimeRange;
  timeZone: string;
}

const MARK = 6;

export function AnnotationMarks({ config, occurrences, range, timeZone }: Props) {
  const theme = useTheme2();
  const [plot, setPlot] = useState<{ left: number; bottom: number; width: number; x: (time: number) => number }>();
  const latest = useRef({ occurrences, range });
  latest.current = { occurrences, range };

  useLayoutEffect(() => {
    config.addHook('draw', (u: uPlot) => {
      for (const one of visible(latest.current)) {
        draw(u, one, theme.visualization.getColorByName(one.color));
      }
      const scale = devicePixelRatio;
      setPlot({
        left: u.bbox.left / scale,
        bottom: (u.bbox.top + u.bbox.height) / scale,
        width: u.bbox.width / scale,
        x: (time) => u.valToPos(time, 'x'),
      });
    });
  }, [config, theme]);

  if (!plot) {
    return null;
  }
  return visible({ occurrences, range }).map((one, index) => {
    const [from, to] = [plot.x(one.time), plot.x(one.timeEnd)].map((x) => Math.min(Math.max(x, 0), plot.width)) as [
      number,
      number,
    ];
    const when = [one.time, ...(one.timeEnd > one.time ? [one.timeEnd] : [])]
      .map((time) => dateTimeFormat(time, { timeZone }))
      .join(' – ');
    const color = theme.visualization.getColorByName(one.color);
    const place = { position: 'absolute', top: plot.bottom, background: color, cursor: 'default' } as const;
    return (
      <Tooltip key={index} content={[when, one.title, one.text].filter(Boolean).join('\n')}>
        {one.timeEnd > one.time ? (
          <div
            data-testid="annotation"
            style={{ ...place, left: plot.left + from, width: Math.max(1, to - from), height: MARK - 1 }}
          />
        ) : (
          <div
            data-testid="annotation"
            style={{
              ...place,
              left: plot.left + from - MARK,
              width: 2 * MARK,
              height: MARK,
              clipPath: 'polygon(50% 0, 100% 100%, 0 100%)',
            }}
          />
        )}
      </Tooltip>
    );
  });
}

function visible({ occurrences, range }: Pick<Props, 'occurrences' | 'range'>): Occurrence[] {
  return occurrences.filter(({ time, timeEnd }) => timeEnd >= range.from.valueOf() && time <= range.to.valueOf());
}

function draw(u: uPlot, { time, timeEnd }: Occurrence, color: string): void {
  const { ctx, bbox } = u;
  const [left, right] = [bbox.left, bbox.left + bbox.width];
  const line = (moment: number) => {
    const x = Math.round(u.valToPos(moment, 'x', true));
    if (x < left || x > right) {
      return;
    }
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  };
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = 2;
  ctx.setLineDash([5, 5]);
  line(time);
  if (timeEnd > time) {
    line(timeEnd);
    const [from, to] = [time, timeEnd].map((moment) =>
      Math.min(Math.max(u.valToPos(moment, 'x', true), left), right),
    ) as [number, number];
    ctx.fillStyle = colorManipulator.alpha(color, 0.1);
    ctx.fillRect(from, bbox.top, to - from, bbox.height);
  }
  ctx.restore();
}
