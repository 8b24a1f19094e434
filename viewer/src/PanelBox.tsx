/** One panel: its queries, and in Grafana's frame what its type draws of the answers, or why that cannot be drawn. */

import { LoadingState, renderMarkdown, type DataFrame, type TimeRange } from '@grafana/data';
import { Dropdown, Icon, Menu, PanelChrome } from '@grafana/ui';
import { Component, useCallback, useEffect, useMemo, useState, type ComponentType, type ReactNode } from 'react';

import { usePage, type Page } from './context.ts';
import { transformed, unknownTransformations, withFieldSettings } from './fields.ts';
import { prometheusFrames } from './frames.ts';
import { panelLinks } from './links.ts';
import { AZURE, PROMETHEUS, type Panel, type Target } from './model.ts';
import { Heatmap } from './panels/Heatmap.tsx';
import { Message } from './panels/Message.tsx';
import type { DrawingProps } from './panels/panel.ts';
import { BarGaugePanel, Stat } from './panels/Stat.tsx';
import { StateTimeline } from './panels/StateTimeline.tsx';
import { Table } from './panels/Table.tsx';
import { Text } from './panels/Text.tsx';
import { TimeSeries } from './panels/TimeSeries.tsx';
import type { Drawing } from './report.ts';
import { recordedFrames } from './rows.ts';
import { intervals, rangeOfPanel } from './time.ts';

const TYPES: Readonly<Record<string, ComponentType<DrawingProps>>> = {
  bargauge: BarGaugePanel,
  heatmap: Heatmap,
  stat: Stat,
  'state-timeline': StateTimeline,
  table: Table,
  text: Text,
  timeseries: TimeSeries,
};

interface Loaded {
  frames: DataFrame[];
  range: TimeRange;
}

type Answer = Loaded | { failed: Drawing };

export function PanelBox({ panel, width, height }: { panel: Panel; width: number; height: number }) {
  const page = usePage();
  const [answer, setAnswer] = useState<Answer>();
  const [asking, setAsking] = useState(true);
  const impossible = useMemo(() => cannotDraw(panel, page), [panel, page.variables]);
  const onDrawn = useCallback((drawing: Drawing) => page.drawn(panel.id, drawing), [page, panel.id]);

  useEffect(() => {
    let isStale = false;
    setAsking(true);
    const load = impossible ? Promise.resolve({ failed: impossible }) : loaded(panel, page, width);
    load
      .catch((error: unknown): Answer => ({ failed: { state: 'error', message: words(error), values: [] } }))
      .then((found) => {
        if (!isStale) {
          setAnswer(found);
          setAsking(false);
        }
      });
    return () => {
      isStale = true;
    };
    // The frames depend on nothing else of the page.
  }, [panel, impossible, page.variables, page.range, page.rows, page.theme, page.timeZone, Math.round(width / 100)]);

  const failed = answer && 'failed' in answer ? answer.failed : undefined;
  useEffect(() => {
    if (failed) {
      onDrawn(failed);
    }
  }, [failed, onDrawn]);

  const title = page.replace(panel.title, {}, 'text');
  const description = panel.description ? renderMarkdown(page.replace(panel.description)) : '';
  const error = failed?.state === 'error' ? failed.message : undefined;
  const Drawn = TYPES[panel.type];
  return (
    <PanelChrome
      width={width}
      height={height}
      title={title}
      description={description}
      displayMode={panel.transparent ? 'transparent' : 'default'}
      titleItems={<PanelLinks panel={panel} page={page} />}
      loadingState={asking ? LoadingState.Loading : LoadingState.Done}
      {...(error ? { statusMessage: error } : {})}
    >
      {(innerWidth, innerHeight) => (
        <div style={{ width: innerWidth, height: innerHeight }}>
          {failed && <Failure drawing={failed} page={page} />}
          {answer && !failed && 'frames' in answer && Drawn && (
            <Guard drawnFrom={answer.frames} onError={onDrawn} page={page}>
              <Drawn
                panel={panel}
                frames={answer.frames}
                range={answer.range}
                width={innerWidth}
                height={innerHeight}
                onDrawn={onDrawn}
              />
            </Guard>
          )}
        </div>
      )}
    </PanelChrome>
  );
}

function Failure({ drawing: { state, message = '' }, page }: { drawing: Drawing; page: Page }) {
  const { error, text } = page.theme.colors;
  return state === 'error' ? (
    <Message text={message} icon="exclamation-triangle" color={error.text} />
  ) : (
    <Message text={message} icon="info-circle" color={text.secondary} />
  );
}

interface GuardProps {
  /** When it changes, what failed is tried again. */
  drawnFrom: unknown;
  onError: (drawing: Drawing) => void;
  page: Page;
  children: ReactNode;
}

/** Shows what a component of Grafana fails with in its panel, and leaves the others alone. */
class Guard extends Component<GuardProps, { failed: Drawing | undefined }> {
  override state: { failed: Drawing | undefined } = { failed: undefined };

  static getDerivedStateFromError(error: unknown): { failed: Drawing } {
    return { failed: { state: 'error', message: words(error), values: [] } };
  }

  override componentDidCatch(error: unknown): void {
    this.props.onError({ state: 'error', message: words(error), values: [] });
  }

  override componentDidUpdate({ drawnFrom }: GuardProps): void {
    if (this.state.failed && drawnFrom !== this.props.drawnFrom) {
      this.setState({ failed: undefined });
    }
  }

  override render(): ReactNode {
    return this.state.failed ? <Failure drawing={this.state.failed} page={this.props.page} /> : this.props.children;
  }
}

function PanelLinks({ panel, page }: { panel: Panel; page: Page }) {
  const links = panelLinks(panel, page);
  const [only, ...more] = links;
  if (!only) {
    return null;
  }
  if (more.length === 0) {
    return (
      <PanelChrome.TitleItem href={only.href} {...(only.targetBlank ? { target: '_blank' } : {})} title={only.title}>
        <Icon name="external-link-alt" size="md" />
      </PanelChrome.TitleItem>
    );
  }
  const menu = (
    <Menu>
      {links.map(({ href, title, targetBlank }) => (
        <Menu.Item key={title} label={title} url={href} {...(targetBlank ? { target: '_blank' as const } : {})} />
      ))}
    </Menu>
  );
  return (
    <Dropdown overlay={menu}>
      <PanelChrome.TitleItem title="panel links" onClick={() => undefined}>
        <Icon name="external-link-alt" size="md" />
      </PanelChrome.TitleItem>
    </Dropdown>
  );
}

/** Why the viewer cannot draw a panel; undefined if it can. */
function cannotDraw(panel: Panel, page: Page): Drawing | undefined {
  const because = (message: string): Drawing => ({ state: 'cannot draw', message, values: [] });
  if (!TYPES[panel.type]) {
    return because(`the viewer cannot draw panels of the type ${panel.type}`);
  }
  if (panel.repeat) {
    return because(`the viewer cannot repeat a panel for each value of $${panel.repeat}`);
  }
  if (panel.libraryPanel) {
    return because('the viewer does not have the library that this panel is in');
  }
  const [unknown] = unknownTransformations(panel);
  if (unknown) {
    return because(`the viewer cannot apply the transformation ${unknown}`);
  }
  const source = queriesOf(panel)
    .map((target) => sourceOf(target, panel))
    .find((type) => type !== PROMETHEUS && type !== AZURE);
  if (source) {
    return because(`the viewer cannot ask a data source of the type ${source}`);
  }
  const recorded = page.rows?.panels[panel.id];
  if (queriesOf(panel).some((target) => sourceOf(target, panel) === AZURE && !recorded?.[target.refId])) {
    return { state: 'no rows recorded', message: 'no rows recorded for this panel', values: [] };
  }
  return undefined;
}

function queriesOf(panel: Panel): Target[] {
  return panel.type === 'text' ? [] : (panel.targets ?? []).filter(({ hide }) => !hide);
}

function sourceOf(target: Target, panel: Panel): string {
  return target.datasource?.type ?? panel.datasource?.type ?? 'unknown';
}

async function loaded(panel: Panel, page: Page, width: number): Promise<Loaded> {
  const range = rangeOfPanel(panel, page.range);
  const queries = queriesOf(panel);
  const answers = await Promise.all(
    queries.map((target) =>
      sourceOf(target, panel) === AZURE
        ? (recordedFrames(panel, target, page.rows) ?? [])
        : prometheusFrames(target, page.variables, range, intervals(panel, target, range, width), queries.length > 1),
    ),
  );
  const frames = await transformed(panel, answers.flat(), page.replace);
  return { range, frames: withFieldSettings(panel, frames, page.replace, page.theme, page.timeZone) };
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
